// SPDX-License-Identifier: GPL-2.0-only
#include "sys/stuck_tasks.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

/* /proc/TID/stat: "TID (name) state ...", and a name may have anything in it */
struct Stat {
	std::string name;
	std::vector<std::string> fields; /* from the state on, which is the third of all */
};

std::optional<Stat> parse_stat(const std::string &text)
{
	size_t begin = text.find('('), end = text.rfind(')');

	if (begin == text.npos || end == text.npos || end < begin)
		return std::nullopt;

	Stat stat{text.substr(begin + 1, end - begin - 1),
		  split(trim(std::string_view(text).substr(end + 1)), ' ')};

	/* the 22nd of all says when it was begun */
	if (stat.fields.size() < 20)
		return std::nullopt;
	return stat;
}

/* how often it left the processor, of its own will and not */
std::string switches_of(const std::string &status)
{
	std::string switches;

	for (const auto &line : split(status, '\n'))
		if (line.find("voluntary_ctxt_switches:") != line.npos)
			switches += line + '\n';
	return switches;
}

std::vector<std::string> stack_of(const Root &root, const std::string &folder)
{
	auto stack = split(root.text(folder + "/stack").value_or(""), '\n');
	std::string where = root.text(folder + "/wchan").value_or("");

	if (stack.empty() && !where.empty() && where != "0")
		stack.push_back(where);
	return stack;
}

} // namespace

std::string StuckTask::words() const
{
	std::string text = fmt::format("{} ({}) has not moved for {:.0f} s", name, tid, seconds);

	for (const auto &line : stack)
		text += "\n  " + line;
	return text;
}

std::vector<StuckTask> StuckTasks::look(const Root &root, TimePoint now)
{
	std::map<int, Asleep> asleep;
	std::vector<StuckTask> stuck;

	auto see = [&](const std::string &folder, int tid) {
		auto stat = parse_stat(root.text(folder + "/stat").value_or(""));

		/* D: idle kernel threads are I; or it has ended meanwhile */
		if (!stat || stat->fields.front() != "D")
			return;

		std::string switches = switches_of(root.text(folder + "/status").value_or(""));
		Asleep seen{fmt::format("{} {}\n{}", stat->name, stat->fields[19], switches), now};
		auto before = asleep_.find(tid);

		if (before != asleep_.end() && before->second.mark == seen.mark)
			seen.since = before->second.since;

		std::chrono::duration<double> passed = now - seen.since;

		if (seen.since < now && passed >= patience_)
			stuck.push_back({tid, stat->name, passed.count(), stack_of(root, folder)});
		asleep.emplace(tid, std::move(seen));
	};

	for (const auto &process : root.list("/proc").value_or({})) {
		if (!parse_number(process))
			continue;

		const std::string folder = "/proc/" + process + "/task";

		for (const auto &task : root.list(folder).value_or({}))
			if (auto tid = parse_number(task))
				see(folder + "/" + task, static_cast<int>(*tid));
	}
	asleep_ = std::move(asleep);
	return stuck;
}

std::string standing_still(const Root &root)
{
	StuckTasks tasks(std::chrono::seconds(1));
	std::string text;

	(void)tasks.look(root, std::chrono::steady_clock::now());
	std::this_thread::sleep_for(std::chrono::milliseconds(1500));
	for (const auto &task : tasks.look(root, std::chrono::steady_clock::now()))
		text += "\n" + task.words();
	return text;
}

} // namespace cxla
