// SPDX-License-Identifier: GPL-2.0-only
/*
 * `cxla watch`: the map, live, and what changes as it changes. The kernel's events are
 * heard by tracing, so that no node is held open, and nothing waits for the watcher.
 */
#include "report/facts.h"

#include "command.h"
#include "draw/map.h"
#include "map_style.h"
#include "report/report.h"
#include "report/status.h"
#include "sys/event_trace.h"
#include "sys/output.h"
#include "sys/terminal.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <fmt/format.h>
#include <unistd.h>

namespace cxla
{

namespace
{

using Clock = std::chrono::steady_clock;
using json = nlohmann::ordered_json;

struct WatchOptions {
	double seconds = 0, interval = 0.5;
	bool lines = false;
};

/* of those kept for the reply, and for a screen */
constexpr size_t most_changes = 10000;

class Watch
{
public:
	Watch(const Root &root, const Context &context, const WatchOptions &options)
	    : root_(root), context_(context), options_(options), trace_(root, "cxla"),
	      screen_(!options.lines && !context.json && obeys(STDOUT_FILENO))
	{
	}

	Exit run();

private:
	void look();
	void tell(const std::string &said);
	void redraw();
	bool resized() const
	{
		return screen_ && (rows_on(1, 24) != rows_ || page().columns != columns_);
	}
	double elapsed() const
	{
		return std::chrono::duration<double>(Clock::now() - began_).count();
	}
	json result() const;

	const Root &root_;
	const Context &context_;
	const WatchOptions &options_;
	EventTrace trace_;
	const bool screen_;
	const Clock::time_point began_ = Clock::now();
	std::optional<Facts> facts_;
	std::string map_;
	size_t rows_ = 0, columns_ = 0; /* of the terminal, as last drawn */
	std::deque<std::pair<double, std::string>> changes_;
	uint64_t told_ = 0, lost_ = 0;
};

void Watch::tell(const std::string &said)
{
	/* the name of a task is whatever its owner likes */
	std::string what = printable(said);
	double at = elapsed();

	changes_.emplace_back(at, what);
	if (changes_.size() > most_changes)
		changes_.pop_front();
	told_++;
	if (!screen_ && !context_.json) {
		print_out("{:10.3f}  {}\n", at, what);
		output().flush();
	}
}

void Watch::look()
{
	Status status{read_machine(root_), {}, {}};
	Facts now = facts_of(status.machine);

	map_ = map_text(map_of(status_json(status)), map_style());
	if (map_.empty())
		map_ = "this machine has no CXL window and no CXL host bridge\n";
	if (facts_)
		for (const auto &change : changes_between(*facts_, now))
			tell(change);
	facts_ = std::move(now);
}

/* each line ends with what clears its rest, so that nothing flickers */
void Watch::redraw()
{
	rows_ = rows_on(1, 24);
	columns_ = page().columns;

	const size_t rows = std::max<size_t>(rows_, 8);
	std::vector<std::string> lines;
	std::string out = "\033[H";
	size_t end;

	for (size_t at = 0; at < map_.size(); at = end + 1) {
		end = std::min(map_.find('\n', at), map_.size());
		lines.push_back(map_.substr(at, end - at));
	}

	const size_t wanted = std::min<size_t>(changes_.size(), 8);

	/* what changes is seen, even where the map is longer than the screen */
	if (lines.size() + wanted + 3 > rows) {
		lines.resize(rows - std::min(rows - 1, wanted + 4));
		lines.emplace_back("  ... (`cxla status --map` has all of it)");
	}
	lines.emplace_back();
	lines.push_back(cut_to(
		fmt::format("{:.0f} s, {} changes; Ctrl-C ends it", elapsed(), told_), columns_));
	for (size_t i = changes_.size() - std::min(changes_.size(), rows - lines.size() - 1);
	     i < changes_.size(); i++)
		lines.push_back(
			cut_to(fmt::format("{:10.3f}  {}", changes_[i].first, changes_[i].second),
			       columns_));
	for (const auto &line : lines)
		out += "\033[2K" + line + "\n";
	print_out("{}\033[J", out);
	output().flush();
}

json Watch::result() const
{
	json changes = json::array();

	for (const auto &[at, what] : changes_)
		changes.push_back({{"seconds", at}, {"what", what}});
	return {{"seconds", elapsed()},
		{"events", trace_.problem().empty()},
		{"told", told_},
		{"changes", changes}};
}

Exit Watch::run()
{
	auto next = Clock::now();

	if (!trace_.problem().empty())
		print_error("cxla: watches without the kernel's events, by looking again and "
			    "again: {}\n",
			    trace_.problem());
	if (screen_)
		print_out("\033[2J");
	while (!InterruptGuard::interrupted() &&
	       (options_.seconds == 0 || elapsed() < options_.seconds)) {
		if (Clock::now() >= next || resized()) {
			look();
			next = Clock::now() + std::chrono::milliseconds(
						      static_cast<int>(options_.interval * 1000));
			if (screen_)
				redraw();
		}
		auto events = trace_.wait(std::chrono::milliseconds(50));

		if (uint64_t lost = trace_.lost(); lost != lost_) {
			tell(fmt::format("{} events of the kernel are lost", lost - lost_));
			lost_ = lost;
		}
		for (const auto &event : events) {
			tell(fmt::format("{} {} by {}", event.name, event.text, event.task));
			next = Clock::now();
		}
		/* nobody reads any more */
		if (output().error())
			break;
	}
	look();
	if (screen_)
		redraw();
	context_.reply->result = result();
	return Exit::Ok;
}

} // namespace

void add_watch(CLI::App &app, Context &context)
{
	auto options = std::make_shared<WatchOptions>();
	auto *command = add_command(app, context, "watch",
				    "Show the map live, and what changes as it changes",
				    [&context, options](const Root &root) {
					    context.guard.emplace(true);
					    return Watch(root, context, *options).run();
				    });

	command->add_option("--seconds", options->seconds,
			    "End after so many seconds; 0: at Ctrl-C")
		->check(CLI::Range(0.0, 1e6))
		->capture_default_str();
	command->add_option(
		       "--interval", options->interval,
		       "Look again after so many seconds; the kernel's events are heard at once")
		->check(CLI::Range(0.05, 3600.0))
		->capture_default_str();
	command->add_flag("--lines", options->lines,
			  "Print a line for each change, also on a terminal, and no map");
	command->footer("Watching changes nothing, and holds nothing open: modules can be unloaded "
			"meanwhile.\n");
}

} // namespace cxla
