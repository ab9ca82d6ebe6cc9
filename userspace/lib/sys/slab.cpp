// SPDX-License-Identifier: GPL-2.0-only
#include "sys/slab.h"

#include "sys/fd.h"
#include "sys/udev.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <set>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace cxla
{

namespace
{

constexpr const char *slab_folder = "/sys/kernel/slab/";
constexpr const char *slabinfo = "/proc/slabinfo";
/* between two looks; and after that what is still on its way to be freed is not waited for */
constexpr auto pause = std::chrono::milliseconds(200);
constexpr auto longest = std::chrono::seconds(6);

bool follows_drivers(std::string_view cache)
{
	if (cache.starts_with("kmalloc-cg-") || cache.starts_with("kmalloc-rcl-"))
		return false;
	return cache.starts_with("kmalloc-") || cache == "kernfs_node_cache" ||
	       cache == "dax_cache";
}

/* the number that @text begins with */
std::optional<uint64_t> leading_number(std::string_view text)
{
	text = trim(text);
	return parse_number(text.substr(0, text.find(' ')));
}

void keep_lower(SlabCount &count, const std::string &cache, std::optional<uint64_t> objects)
{
	if (!objects)
		return;

	auto [at, added] = count.objects.emplace(cache, *objects);

	at->second = std::min(at->second, *objects);
}

/* everything in a file that is open, once more */
std::string read_again(const Fd &fd)
{
	std::string content;
	char buffer[8192];

	if (!fd || lseek(fd.get(), 0, SEEK_SET) < 0)
		return {};
	for (;;) {
		ssize_t n = ::read(fd.get(), buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return content;
		content.append(buffer, static_cast<size_t>(n));
	}
}

/*
 * Slabs that are a processor's, and what KASAN holds back, count as in use: shrinking
 * gives them back. Whatever is allocated then makes slabs a processor's again, several
 * by one object. So files are opened before. Reading them allocates as well, from other
 * caches by each of the two sources: "objects" allocates from kmalloc-16.
 */
class Counter
{
public:
	explicit Counter(const Root &root) : slabinfo_(open(root, slabinfo, O_RDONLY))
	{
		std::set<std::string> folders;

		for (const auto &name : root.list(slab_folder).value_or({})) {
			const std::string folder = slab_folder + name;

			/* of those that share their objects only one */
			if (follows_drivers(name) &&
			    folders.insert(root.resolve(folder).value_or(name)).second)
				caches_.push_back({name, open(root, folder + "/shrink", O_WRONLY),
						   open(root, folder + "/objects", O_RDONLY)});
		}
	}

	void count(bool by_slabinfo, SlabCount &count) const
	{
		for (const auto &cache : caches_) {
			/* refused to all but root: then it is counted as it is */
			[[maybe_unused]] ssize_t n = ::pwrite(cache.shrink.get(), "1", 1, 0);

			if (!by_slabinfo)
				keep_lower(count, cache.name,
					   leading_number(read_again(cache.objects)));
		}
		if (!by_slabinfo)
			return;
		/* a line for each: name, objects in use, objects, size ... */
		for (const auto &line : split(read_again(slabinfo_), '\n')) {
			std::string cache = line.substr(0, line.find(' '));

			if (follows_drivers(cache))
				keep_lower(count, cache, leading_number(line.substr(cache.size())));
		}
	}

private:
	struct Cache {
		std::string name;
		Fd shrink, objects;
	};
	static Fd open(const Root &root, const std::string &path, int flags)
	{
		return Fd(::open(root.host(path).c_str(), flags | O_CLOEXEC));
	}

	std::vector<Cache> caches_;
	Fd slabinfo_;
};

/* what RCU is to free is freed when all that could still see it have gone */
void wait_for_readers(const Root &root)
{
	/* where it is refused, there are the pauses */
	if (root.real())
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* did a count become lower, by more than comes and goes all the time */
bool fell(const SlabCount &before, const SlabCount &after)
{
	return std::any_of(after.objects.begin(), after.objects.end(), [&](const auto &cache) {
		auto old = before.objects.find(cache.first);

		return old != before.objects.end() && cache.second + 2 < old->second;
	});
}

/* how many more there may be because there are more tasks */
uint64_t of_tasks(const std::string &cache, uint64_t before, uint64_t after)
{
	/* a stack of 16 KiB, or 32 with KASAN; and objects that describe a thread */
	return (cache == "vmalloc" ? 8 : 2) * (after > before ? after - before : 0);
}

} // namespace

Reading<SlabCount> count_slab(const Root &root, std::chrono::milliseconds udev_patience)
{
	if (!udev_rests(root, udev_patience))
		return Problem{
			udev_queue, EBUSY,
			"udev is behind with events, each of which has memory of the kernel"};

	SlabCount count;
	Counter counter(root);
	auto begun = std::chrono::steady_clock::now();
	bool by_slabinfo = false;
	int steady = 0; /* until both sources have been asked */

	while (steady < 2 && std::chrono::steady_clock::now() - begun < longest) {
		if (!count.objects.empty())
			std::this_thread::sleep_for(pause);

		SlabCount before = count;

		/* an inode that nobody uses keeps its sysfs file */
		root.try_write("/proc/sys/vm/drop_caches", "2");
		wait_for_readers(root);
		counter.count(by_slabinfo = !by_slabinfo, count);
		steady = fell(before, count) ? 0 : steady + 1;
	}
	if (count.objects.empty())
		return Problem{slabinfo, ENOENT,
			       "neither it nor /sys/kernel/slab says how many objects are in use"};

	for (const auto &line : split(root.text("/proc/meminfo").value_or(""), '\n'))
		for (auto [key, name] :
		     {std::pair{"VmallocUsed:", "vmalloc"}, std::pair{"Percpu:", "percpu"}})
			if (line.starts_with(key))
				count.objects[name] =
					leading_number(line.substr(line.find(':') + 1))
						.value_or(0) /
					4;

	/* "0.00 0.00 0.00 1/123 4567": 123 tasks */
	auto load = split(root.text("/proc/loadavg").value_or(""), ' ');

	if (load.size() > 3)
		count.tasks = parse_number(load[3].substr(load[3].find('/') + 1)).value_or(0);
	return count;
}

void SlabWatch::note(SlabCount count, uint64_t work_done)
{
	samples_.push_back({std::move(count), work_done});
}

std::optional<std::string> SlabWatch::growth() const
{
	static constexpr uint64_t work_per_object = 40, least = 8;
	struct Group {
		uint64_t objects, work, tasks;
	};
	struct Growth {
		double per_work;
		std::string words;
	};

	if (samples_.size() < 4)
		return std::nullopt;

	size_t rest = samples_.size() - 1, group_count = std::clamp<size_t>(rest, 3, 5);
	std::vector<Growth> growing;

	/* what a count goes down by it was too high by */
	auto largest_fall = [&](const std::string &cache) {
		uint64_t fall = 0;

		for (size_t at = 1; at < samples_.size(); at++) {
			auto before = samples_[at - 1].count.objects.find(cache);
			auto after = samples_[at].count.objects.find(cache);

			if (before != samples_[at - 1].count.objects.end() &&
			    after != samples_[at].count.objects.end() &&
			    after->second < before->second)
				fall = std::max(fall, before->second - after->second);
		}
		return fall;
	};
	/* of one cache: adds to @growing if it does */
	auto growth_of = [&](const std::string &cache) {
		std::vector<Group> groups;
		std::string counts;
		uint64_t expected = 0;

		for (size_t n = 0; n < group_count; n++) {
			size_t begin = 1 + n * rest / group_count;
			size_t end = 1 + (n + 1) * rest / group_count;
			Group group{UINT64_MAX, samples_[begin].work, 0};

			for (size_t at = begin; at < end; at++) {
				auto found = samples_[at].count.objects.find(cache);

				if (found == samples_[at].count.objects.end())
					return;
				if (found->second < group.objects) {
					group.objects = found->second;
					group.tasks = samples_[at].count.tasks;
				}
			}
			counts += fmt::format("{}{}", n ? ", " : "", group.objects);
			groups.push_back(group);
			if (!n)
				continue;

			const Group &before = groups[n - 1];
			uint64_t allowed = of_tasks(cache, before.tasks, group.tasks);
			uint64_t work = group.work - before.work;

			expected += allowed;
			if (group.objects <= before.objects + allowed ||
			    (group.objects - before.objects - allowed) * work_per_object < work)
				return;
		}

		uint64_t more = groups.back().objects - groups.front().objects;
		uint64_t work = groups.back().work - groups.front().work;
		double each = static_cast<double>(more) / static_cast<double>(work);

		if (work && more - expected >= std::max(least, 4 * largest_fall(cache)))
			growing.push_back(
				{each, fmt::format("{}: {}: {} more in {} {}s, {:.2f} for each",
						   cache, counts, more, work, work_, each)});
	};

	for (const auto &[cache, objects] : samples_.front().count.objects)
		growth_of(cache);
	if (growing.empty())
		return std::nullopt;
	std::sort(growing.begin(), growing.end(),
		  [](const Growth &a, const Growth &b) { return a.per_work > b.per_work; });

	std::string words;

	for (const auto &one : growing)
		words += (words.empty() ? "" : "\n") + one.words;
	return words;
}

} // namespace cxla
