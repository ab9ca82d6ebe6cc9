// SPDX-License-Identifier: GPL-2.0-only
#include "examples.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>

namespace cxla
{

namespace
{

constexpr size_t example_column = 44;

const std::map<std::string, std::vector<Example>> &all_examples()
{
	static const std::map<std::string, std::vector<Example>> all = {
		{"",
		 {{"cxla status", "show who has which memory, and what would stop a load"},
		  {"cxla load --all --dry-run", "print what a load would do"},
		  {"cxla load --takeover 0000:0d:00.0", "take a device over from in-tree drivers"},
		  {"cxla ledger --json", "print the owner of each range as JSON"},
		  {"cxla unload", "give everything back"}}},
		{"status",
		 {{"cxla status", "show everything"},
		  {"cxla status --tree", "show only the tree of CXL objects"},
		  {"cxla status --map", "show windows as bars, and where devices hang"},
		  {"cxla status --html status.html", "draw the same as a page"},
		  {"cxla status --check", "for monitoring: one line and an exit status"},
		  {"cxla status --from host.capture", "show the machine of a capture"}}},
		{"watch",
		 {{"cxla watch", "show the map live, and changes below it"},
		  {"cxla watch --interval 5", "look less often; events are heard at once"},
		  {"cxla watch --lines --seconds 60", "print a line for each change"},
		  {"cxla watch --json --seconds 60 >changes.json",
		   "keep the changes of a minute"}}},
		{"draw",
		 {{"cxla draw status.json --html map.html",
		   "draw the map of a status that was kept"},
		  {"cxla draw A.json --html bench.html", "draw where the time of an attach goes"},
		  {"cxla draw race.json --html race.html",
		   "draw which actors met, and how often"}}},
		{"ledger",
		 {{"cxla ledger", "show the owner of each range"},
		  {"cxla ledger --json >ledger.json", "keep them"},
		  {"cxla ledger --from host.capture", "show those of a captured machine"}}},
		{"capture",
		 {{"cxla capture host.capture", "record this machine"},
		  {"cxla capture --redact host.capture", "record it without serial numbers"}}},
		{"load",
		 {{"cxla load --all --dry-run", "print the steps and change nothing"},
		  {"cxla load 0000:0d:00.0", "load the modules and attach one device"},
		  {"cxla load --takeover 0000:0d:00.0", "take it over from in-tree drivers first"},
		  {"cxla load --no-dax --all", "leave Soft Reserved ranges alone"},
		  {"cxla load --dry-run --config /etc/cxla/load.conf",
		   "check the file of the service cxla-load"}}},
		{"unload",
		 {{"cxla unload --dry-run", "print the steps and change nothing"},
		  {"cxla unload", "unload the modules and give everything back"}}},
		{"attach",
		 {{"cxla attach 0000:0d:00.0", "bind cxla_accel, print the range or the reason"},
		  {"cxla attach --create 0000:0d:00.0", "make a region if firmware made none"},
		  {"cxla attach --expander 0000:0d:00.0", "bind cxla_pci: a memory expander"}}},
		{"detach",
		 {{"cxla detach 0000:0d:00.0", "unbind its driver, give back its range"},
		  {"cxla detach accel0 accel1", "unbind two devices, by their names"}}},
		{"reset",
		 {{"cxla reset --dry-run 0000:0d:00.0", "print which functions a reset reaches"},
		  {"cxla reset --method flr 0000:0d:00.0", "reset the function"}}},
		{"exec",
		 {{"cxla exec -- cxl list -vvv", "list the objects of the bus cxla"},
		  {"cxla exec -- cxl create-region -m mem0 -d decoder0.0 -t ram",
		   "make a region of an expander"}}},
		{"selftest",
		 {{"cxla selftest --dry-run 0000:0d:00.0", "list all that it would touch"},
		  {"cxla selftest 0000:0d:00.0", "test a device; on hardware it asks for --yes"},
		  {"cxla selftest --redact --archive report.tar.gz 0000:0d:00.0",
		   "pack a report without serial numbers"}}},
		{"race",
		 {{"cxla race --seconds 60 --dry-run", "list what a race would touch"},
		  {"cxla race --seconds 60", "race; on hardware it asks for --yes"},
		  {"cxla race --pairs --seconds 600", "race two kinds of actors at a time"},
		  {"cxla race --actors root,killed --seed 42",
		   "race two actors, as seed 42 says"}}},
		{"pairs",
		 {{"cxla pairs --list", "list triggers and pause points"},
		  {"cxla pairs --overlapped --first unbind-root --second detach,attach",
		   "race two pairs"},
		  {"cxla pairs --killed --first attach --second none --point region-added",
		   "kill a writer"}}},
		{"failnth",
		 {{"cxla failnth --list", "list the operations"},
		  {"cxla failnth --operations attach,mmap", "test two operations"},
		  {"cxla failnth --operations attach --stride 60",
		   "test a sample of allocations"}}},
		{"bench",
		 {{"cxla bench attach --cycles 100", "measure 100 attaches of each device"},
		  {"cxla bench attach --json >A.json", "keep the result"},
		  {"cxla bench --compare A.json B.json", "compare two results"}}},
		{"bench attach",
		 {{"cxla bench attach --hdr FOLDER", "write the distributions into FOLDER"},
		  {"cxla bench attach --html attach.html accel0", "draw where its time goes"}}},
		{"bench detach",
		 {{"cxla bench detach --cycles 200", "measure 200 unbinds of each device"}}},
		{"bench delete",
		 {{"cxla bench delete mem0", "delete and make the region of one expander"}}},
		{"bench scale",
		 {{"cxla bench scale --cycles 20", "see whether other devices slow an attach"}}},
		{"bench revoke",
		 {{"cxla bench revoke --pages 0,1,512", "measure three numbers of mapped pages"}}},
		{"bench threads",
		 {{"cxla bench threads --threads 1,2,4",
		   "bind all devices by 1, 2 and 4 threads"}}},
		{"pattern",
		 {{"cxla pattern write --seed 1 accel0", "write what seed 1 gives"},
		  {"cxla pattern check --seed 1 accel0", "is it still there?"}}},
		{"pattern write",
		 {{"cxla pattern write --seed 1 accel0", "write a sample of pages"}}},
		{"pattern check",
		 {{"cxla pattern check --seed 1 accel0", "read them back and compare"}}},
		{"completion",
		 {{"cxla completion bash >/etc/bash_completion.d/cxla",
		   "complete commands in every new shell"}}},
		{"completion bash",
		 {{"source <(cxla completion bash)", "complete commands in this shell"}}},
		{"completion zsh",
		 {{"source <(cxla completion zsh)", "complete commands in this shell"}}},
		{"version",
		 {{"cxla version", "print it"},
		  {"cxla version --json", "print it for a program to read"}}},
		{"help",
		 {{"cxla help", "list the commands"},
		  {"cxla help bench attach", "print the help of `cxla bench attach`"}}},
	};

	return all;
}

const std::vector<UsedFile> &all_files()
{
	static const std::vector<UsedFile> all = {
		{"/sys/bus/cxla/", "objects of the modules: ports, decoders, memdevs, regions", {}},
		{"/sys/bus/pci/devices/*/cxla/",
		 "state, reason and range of an accelerator",
		 {"", "status", "load", "attach", "detach", "reset"}},
		{"/dev/cxla/accelN, /dev/cxla/memN",
		 "device nodes of accelerators and memdevs",
		 {"", "attach", "reset", "exec", "selftest", "race", "pairs", "failnth", "bench",
		  "pattern"}},
		{"/sys/kernel/debug/cxla/ledger",
		 "the ledger: who has which range",
		 {"", "status", "ledger", "race"}},
		{"/sys/kernel/debug/cxla/pause",
		 "pause points, in kernels with fault injection",
		 {"pairs"}},
		{"/proc/iomem",
		 "busy ranges, windows and Soft Reserved memory",
		 {"", "status", "ledger", "load", "attach", "capture"}},
		{"/run/cxla/takeover.json",
		 "what `cxla load` changed, so that `cxla unload` can change it back",
		 {"", "load", "unload", "selftest"}},
		{"/etc/cxla/load.conf",
		 "what the service cxla-load loads at boot; it is off until it is enabled",
		 {"", "load"}},
		{"/lib/modules/RELEASE/",
		 "where the program looks for the modules first",
		 {"", "status", "load", "selftest"}},
	};

	return all;
}

} // namespace

const std::vector<Example> &examples_of(const std::string &path)
{
	static const std::vector<Example> none;
	auto found = all_examples().find(path);

	return found == all_examples().end() ? none : found->second;
}

const std::vector<ExitStatus> &exit_statuses()
{
	static const std::vector<ExitStatus> all = {
		{"0", "The command has done what it was asked to do."},
		{"1", "The command failed, or found something: a device stays PCI-only, for one."},
		{"2", "The command line is wrong."},
		{"3", "The command was refused, and changed nothing."},
		{"4", "The command succeeded for some of the devices named, not for all."},
		{"5", "The command has done its work, but could not write all of its output."},
		{"129", "SIGHUP interrupted the command, which has undone what it began."},
		{"130", "SIGINT interrupted it, with the same result."},
		{"131", "SIGQUIT interrupted it, with the same result."},
		{"143", "SIGTERM interrupted it, with the same result."},
	};

	return all;
}

std::vector<UsedFile> files_of(const std::string &path)
{
	/* a measurement or a pattern uses what its group does */
	std::string first = path.substr(0, path.find(' '));
	std::vector<UsedFile> used;

	std::copy_if(all_files().begin(), all_files().end(), std::back_inserter(used),
		     [&first](const UsedFile &file) {
			     return file.commands.empty() ||
				    std::find(file.commands.begin(), file.commands.end(), first) !=
					    file.commands.end();
		     });
	return used;
}

std::string examples_text(const std::string &path)
{
	const auto &examples = examples_of(path);
	std::string text = examples.empty() ? "" : "Examples:\n";

	for (const auto &[line, what] : examples)
		text += line.size() < example_column
				? fmt::format("  {:<{}}  {}\n", line, example_column, what)
				: fmt::format("  {}\n  {:{}}  {}\n", line, "", example_column,
					      what);
	return text;
}

std::string exit_statuses_text()
{
	std::string text = "Exit status:\n";

	for (const auto &[status, meaning] : exit_statuses())
		text += fmt::format("  {:>3}  {}\n", status, meaning);
	return text;
}

} // namespace cxla
