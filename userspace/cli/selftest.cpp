// SPDX-License-Identifier: GPL-2.0-only
#include "results.h"
#include "selftest_run.h"
#include "sys/output.h"
#include "telling_runner.h"

#include <ctime>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

struct SelftestCommand : SelftestOptions {
	std::vector<std::string> devices;
	std::string archive;
	bool dry_run = false, no_pattern = false;
	ResultPaths results;
};

std::string default_archive()
{
	std::time_t now = std::time(nullptr);
	std::tm local = {};
	char name[64];

	localtime_r(&now, &local);
	std::strftime(name, sizeof(name), "cxla-selftest-%Y%m%d-%H%M%S.tar.gz", &local);
	return name;
}

/* false: it could not be written, which was told; then all of it is in the folder */
bool pack(const Context &context, const SelftestRun &test, Parcel &parcel, bool redacted)
{
	json &result = context.reply->result;

	try {
		parcel.write("report.ktap", ktap(test.group()));
		parcel.write("report.json", json_text(result));

		size_t bytes = parcel.close();

		result["archive"] = parcel.archive();
		result["bytes"] = bytes;
		if (!context.json)
			print_out("{}: {} bytes: report, kernel log, and captures from before and "
				  "after{}\n",
				  parcel.archive(), bytes,
				  redacted ? ""
					   : "; the captures have serial numbers and the host's "
					     "name: --redact");
	} catch (const Error &error) {
		report_error(context, error.what(), error.hint());
		return false;
	}
	return true;
}

json touches_json(const SelftestPlan &plan)
{
	json touches = json::array();

	for (const auto &touch : plan.touches)
		touches.push_back({{"part", touch.part}, {"what", touch.what}});
	return {{"dry_run", true}, {"touches", touches}};
}

void print_touches(const SelftestPlan &plan)
{
	for (const auto &touch : plan.touches)
		print_out("{:<9} {}\n", touch.part, touch.what);
}

Exit selftest(const Root &root, const Context &context, SelftestCommand &command)
{
	command.request.devices = pci_addresses(command.devices);
	command.pattern = !command.no_pattern;
	context.guard.emplace();

	/* what is looked at stays so, as far as other runs of this program go */
	std::optional<StateLock> lock;

	if (!command.dry_run)
		lock = lock_state(root, context);

	Machine machine = read_machine(root);
	SelftestPlan plan = plan_selftest(
		root, machine, modules_for(context, root, command.modules, machine.release),
		earlier_state(root, machine), command.request);

	if (command.dry_run)
		context.reply->result = touches_json(plan);
	/* whoever is asked to agree sees to what */
	if (!context.json && (command.dry_run || !plan.refusals.empty()))
		print_touches(plan);
	if (!plan.refusals.empty())
		return refuse(context, plan.refusals);
	if (command.dry_run)
		return Exit::Ok;

	Results results(context, command.results);
	Parcel parcel(command.archive.empty() ? default_archive() : command.archive);
	SelftestRun test(root, context, command, machine, parcel);

	test.run();
	context.reply->result = test.result();
	/* who asked to stop when there was nothing left to stop has all that was asked for */
	if (!test.cut_short())
		context.guard.emplace();

	bool packed = pack(context, test, parcel, command.redact);
	bool written = results.write(context, test.group());

	return end_search(context, test.stuck(), test.failed(), packed && written);
}

} // namespace

void add_selftest(CLI::App &app, Context &context)
{
	auto options = std::make_shared<SelftestCommand>();
	auto *command =
		add_command(app, context, "selftest",
			    "Test devices on this machine, put everything back, and pack a report",
			    [&context, options](const Root &root) {
				    return selftest(root, context, *options);
			    });

	command->add_option("BDF", options->devices, "PCI addresses of the devices to test")
		->required();
	command->add_flag("--dry-run", options->dry_run,
			  "List all that the test would touch, and touch nothing");
	command->add_flag("--yes", options->request.agreed,
			  "Confirm the test on a machine that is not virtual");
	command->add_option("--seconds", options->request.race_seconds,
			    "Race unbind, bind and delete_region for so many seconds")
		->check(CLI::Range(1.0, 1e6))
		->capture_default_str();
	command->add_option("--cycles", options->request.cycles,
			    "Measure so many attaches of each device")
		->check(CLI::Range(1, 1000000))
		->capture_default_str();
	command->add_option("--seed", options->seed,
			    "The seed of pattern and race (default: a random seed, which is told)");
	command->add_option("--archive", options->archive,
			    "The archive to make, FILE.tar.gz; meanwhile the report is in the "
			    "folder FILE (default: cxla-selftest-DATE-TIME.tar.gz)");
	command->add_flag("--no-pattern", options->no_pattern,
			  "Leave the content of the memory alone");
	command->add_flag("--redact", options->redact,
			  "Replace serial numbers and the name of the host in the captures");
	command->add_option("--patience", options->patience,
			    "Report a part as stuck that does not come on for so many seconds")
		->check(CLI::Range(1.0, 1e6))
		->capture_default_str();
	command->add_option("--modules", options->modules,
			    "Folder in or below which the .ko files are; default: /lib/modules, "
			    "then beside the program")
		->check(CLI::ExistingDirectory);
	add_result_options(*command, options->results);
	command->footer(
		"The test takes the CXL root and the devices over from in-tree drivers, attaches "
		"the\n"
		"devices, writes and reads a pattern (pages have their content again), measures "
		"the\n"
		"attach, races unbind, bind and delete_region, and puts everything back. It is\n"
		"refused where memory is online, mounted or open, or a CXL device has a driver "
		"that\n"
		"it does not know. An interrupt ends the part that runs, and all is put back. "
		"After\n"
		"a kill or a crash of the program, `cxla unload` does that.\n");
}

} // namespace cxla
