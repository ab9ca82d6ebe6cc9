// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"
#include "load/attach.h"
#include "load/load_config.h"
#include "load/takeover.h"
#include "outcome.h"
#include "sys/output.h"
#include "sys/udev.h"
#include "telling_runner.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

json plan_json(const Plan &plan)
{
	return {{"dry_run", true}, {"notes", plan.notes}, {"steps", steps_json(plan.steps)}};
}

/* what would be done, whether or not it is refused */
void show_plan(const Context &context, const Plan &plan, bool refused)
{
	context.reply->result = plan_json(plan);
	if (context.json)
		return;
	for (const auto &note : plan.notes)
		print_out("note: {}\n", note);
	for (const auto &step : plan.steps)
		print_out("{}\n", describe(step));
	if (plan.steps.empty() && !refused)
		print_out("nothing to do\n");
}

/* nothing when all went well; @left: how the machine is when nothing had to be undone */
std::optional<Exit> failure(const Context &context, const Outcome &outcome, const char *left)
{
	if (outcome.ok())
		return std::nullopt;

	int signal = InterruptGuard::signal();

	report_error(context,
		     outcome.interrupted
			     ? fmt::format("{}: interrupted by {}", context.reply->command,
					   signal_word(signal))
			     : fmt::format("{}: {}", context.reply->command, outcome.error),
		     outcome.hint);
	for (const auto &undo : outcome.undo_errors)
		report_error(context, "not undone: " + undo,
			     "`cxla unload` tries again to put things back");
	if (outcome.undo_errors.empty())
		print_error("cxla: {}\n", left);
	context.reply->result = {
		{"failed_step", outcome.failed ? json(describe(*outcome.failed)) : json()},
		{"undo_errors", outcome.undo_errors}};
	return outcome.interrupted && outcome.undo_errors.empty() ? exit_of_signal(signal)
								  : Exit::Failed;
}

struct LoadOptions : LoadSettings {
	bool dry_run = false, quiet = false;
	std::string from, config;
};

/* false: something in it is wrong, which was told */
bool add_config(const Context &context, LoadOptions &options)
{
	auto text = Root().read(options.config);

	if (!text)
		throw Error(text.problem().text(), "--config takes the path of a file",
			    Exit::Usage);

	LoadConfig config = parse_load_config(*text);

	for (const auto &wrong : config.wrong)
		report_error(context,
			     wrong.line ? fmt::format("{}:{}: {}", options.config, wrong.line,
						      wrong.what)
					: fmt::format("{}: {}", options.config, wrong.what),
			     wrong.todo);
	/* what the command line says comes on top */
	config.settings.add(options);
	static_cast<LoadSettings &>(options) = config.settings;
	return config.wrong.empty();
}

/* what came of the devices: they are bound, which is what load promises */
Exit report_load(const Root &root, const Context &context, const LoadRequest &request)
{
	size_t attached = 0;
	json devices = json::array();
	Machine machine = read_machine(root);
	auto left_out = machine.bridges_left_out();

	if (!context.json)
		print_out("modules are loaded\n");
	for (uint32_t uid : left_out)
		if (!context.json)
			print_out("host bridge {} ({})  left out, with all below it: the kernel "
				  "log says why\n",
				  uid, machine.bridge_device(uid));
	for (const auto &bdf : request.devices) {
		/* the others are told of all the same: all is loaded, and they are bound */
		try {
			Accelerator accel = wait_for_outcome(root, bdf);

			attached += accel.attached();
			devices.push_back(outcome_json(accel));
			if (!context.json)
				print_outcome(accel);
		} catch (const Error &error) {
			report_error(context, fmt::format("{}: {}", bdf, error.what()),
				     error.hint());
		}
	}
	context.reply->result = {
		{"loaded", true}, {"host_bridges_left_out", left_out}, {"devices", devices}};
	return attached == request.devices.size() ? Exit::Ok : Exit::Partial;
}

/* @machine is read again if a device that was named has to be looked for; nothing: it went well */
std::optional<Exit> rescan_for(const Root &root, const Context &context, Machine &machine,
			       const LoadRequest &request, bool dry_run, SystemRunner &runner)
{
	auto missing = [&](const std::string &bdf) { return !machine.pci.find(bdf); };

	if (!request.takeover || !machine.privileged || dry_run ||
	    std::none_of(request.devices.begin(), request.devices.end(), missing))
		return std::nullopt;

	Plan plan = plan_rescan(machine, earlier_state(root, machine), request);
	auto failed = failure(context, run_all_or_nothing(plan.steps, runner),
			      "everything is as it was before");

	if (!failed)
		machine = read_machine(root);
	return failed;
}

Exit load(const Root &root, const Context &context, LoadOptions options)
{
	if (!options.config.empty() && !add_config(context, options))
		return Exit::Usage;

	LoadRequest request{options.takeover,   options.allow_uncommit, {}, !options.no_dax,
			    options.system_ram, options.wait_seconds,   {}};
	std::optional<StateLock> lock;

	request.devices = pci_addresses(options.devices);
	context.guard.emplace();
	/* what is read stays so, as far as other runs of this program go */
	if (!options.dry_run)
		lock = lock_state(root, context);

	Machine machine = read_machine(root);
	TellingRunner runner(root, machine.release, context, options.quiet);

	if (auto failed = rescan_for(root, context, machine, request, options.dry_run, runner))
		return *failed;
	/* a takeover of nothing in particular is one of everything in-tree drivers have */
	if (options.all || (options.takeover && options.devices.empty()))
		for (auto &bdf : all_candidates(machine, options.takeover))
			if (std::find(request.devices.begin(), request.devices.end(), bdf) ==
			    request.devices.end())
				request.devices.push_back(bdf);

	ModuleSet modules = modules_for(context, root, options.modules, machine.release);
	auto earlier = earlier_state(root, machine);

	for (const auto &device : machine.dax)
		request.users[device.name] = find_openers(root, "/dev/" + device.name);

	auto refusals = check_load(machine, modules, earlier, request);
	Plan plan = plan_load(machine, modules, earlier, request);

	if (options.dry_run)
		show_plan(context, plan, !refusals.empty());
	if (!refusals.empty())
		return refuse(context, refusals);
	if (options.dry_run)
		return Exit::Ok;
	if (!context.json)
		for (const auto &note : plan.notes)
			print_error("note: {}\n", note);
	if (auto failed = failure(context, run_all_or_nothing(plan.steps, runner),
				  "everything is as it was before"))
		return *failed;
	return report_load(root, context, request);
}

Exit unload(const Root &root, const Context &context, bool dry_run, bool quiet)
{
	context.guard.emplace();

	std::optional<StateLock> lock;

	if (!dry_run)
		lock = lock_state(root, context);

	Machine machine = read_machine(root);
	TellingRunner runner(root, machine.release, context, quiet);
	auto refusals = check_unload(machine, all_openers(root, machine), OnlineMemory(root));
	Plan plan = plan_unload(machine, earlier_state(root, machine));

	if (dry_run)
		show_plan(context, plan, !refusals.empty());
	if (!refusals.empty())
		return refuse(context, refusals);
	if (dry_run)
		return Exit::Ok;
	if (auto failed = failure(context, run_in_order(plan.steps, runner),
				  "what was not done yet is left as it is; run it again"))
		return *failed;
	if (auto failed =
		    failure(context, unload_after_udev(root, std::chrono::seconds(10), runner),
			    "udev has loaded modules again; run it again"))
		return *failed;
	context.reply->result = {{"steps", steps_json(plan.steps)}};
	if (!context.json)
		print_out("{}\n", plan.steps.empty() ? "nothing of ours was loaded"
						     : "modules are unloaded");
	return Exit::Ok;
}

} // namespace

std::vector<std::string> pci_addresses(const std::vector<std::string> &words)
{
	std::vector<std::string> addresses;

	for (const auto &word : words) {
		auto bdf = parse_bdf(word);

		if (!bdf)
			throw Error(fmt::format("'{}' is no PCI address", word),
				    "PCI addresses look like 0000:0d:00.0", Exit::Usage);
		if (std::find(addresses.begin(), addresses.end(), *bdf) == addresses.end())
			addresses.push_back(*bdf);
	}
	return addresses;
}

std::optional<StateLock> lock_state(const Root &root, const Context &context,
				    std::chrono::milliseconds patience)
{
	if (!root.privileged())
		return std::nullopt;

	StateLock lock(root, patience);

	for (const auto &told : put_back_borrowed(root))
		if (!context.json)
			print_error("note: {}\n", told);
	return lock;
}

std::optional<State> earlier_state(const Root &root, const Machine &machine)
{
	auto state = read_state(root, machine.boot_id);

	if (!state)
		throw Error(state.problem().text(),
			    fmt::format("remove {} when nothing of ours is loaded", state_path),
			    Exit::Refused);
	return *state;
}

std::map<std::string, std::vector<Opener>> all_openers(const Root &root, const Machine &machine)
{
	std::vector<std::string> nodes;
	std::map<std::string, std::vector<Opener>> openers;

	for (const auto &accel : machine.accelerators)
		if (accel.accel && !accel.accel->empty())
			nodes.push_back("/dev/cxla/" + *accel.accel);
	for (const auto &expander : machine.expanders)
		if (!expander.memdev.empty())
			nodes.push_back("/dev/cxla/" + expander.memdev);
	for (const auto &device : machine.dax)
		if (device.ours)
			nodes.push_back("/dev/" + device.name);
	for (auto &[node, found] : find_openers(root, nodes))
		openers[node.substr(node.rfind('/') + 1)] = std::move(found);
	return openers;
}

Outcome unload_after_udev(const Root &root, std::chrono::milliseconds patience, StepRunner &runner)
{
	udev_rests(root, patience);
	if (!read_loaded_module(root, our_modules.front()))
		return {};

	std::vector<Step> steps = plan_unload(read_machine(root), std::nullopt).steps;

	/* overrides are as they were by now */
	std::erase_if(steps, [](const Step &step) { return step.act == Act::SetOverride; });
	return run_in_order(steps, runner);
}

void add_load(CLI::App &app, Context &context)
{
	auto options = std::make_shared<LoadOptions>();
	auto *command = add_command(
		app, context, "load", "Load the modules and attach devices",
		[&context, options](const Root &root) {
			if (!options->from.empty() && !options->dry_run)
				throw Error("load --from FILE shows what a load would do there",
					    "say --dry-run", Exit::Usage);
			return answer_from(root, context, options->from, [&](const Root &from) {
				return load(from, context, *options);
			});
		});

	command->add_flag("--takeover", options->takeover,
			  "Unbind in-tree drivers from the devices first; without a device: from "
			  "all of their devices");
	command->add_flag(
		"--all", options->all,
		"Attach every CXL.mem device that has no driver, besides the devices given");
	command->add_flag(
		"--allow-uncommit", options->allow_uncommit,
		"Take a device over even if its in-tree driver resets decoders when it is unbound");
	command->add_flag("--no-dax", options->no_dax,
			  "Do not load cxla_hmem and cxla_dax: device-dax then gets no range");
	command->add_flag("--system-ram", options->system_ram,
			  "Bring online as System RAM, by kmem, what cxla_hmem and cxla_dax own");
	command->add_option("--wait-seconds", options->wait_seconds,
			    "Seconds for which Soft Reserved ranges wait for cxla_acpi");
	command->add_flag("--dry-run", options->dry_run, "Print the steps and change nothing");
	add_from(*command, options->from);
	command->add_flag("--quiet,-q", options->quiet, "Do not print each step");
	command->add_option("--modules", options->modules,
			    "Folder in or below which the .ko files are; default: /lib/modules, "
			    "then beside the program")
		->check(CLI::ExistingDirectory);
	command->add_option("--config", options->config,
			    "File that says what to load, as /etc/cxla/load.conf does at boot; "
			    "options and devices given here come on top")
		->check(CLI::ExistingFile);
	command->add_option("BDF", options->devices, "PCI addresses of the devices to attach");
}

void add_unload(CLI::App &app, Context &context)
{
	struct Options {
		bool dry_run = false, quiet = false;
	};
	auto options = std::make_shared<Options>();
	auto *command = add_command(
		app, context, "unload",
		"Detach every device, unload the modules, and undo what `cxla load` changed",
		[&context, options](const Root &root) {
			return unload(root, context, options->dry_run, options->quiet);
		});

	command->add_flag("--dry-run", options->dry_run, "Print the steps and change nothing");
	command->add_flag("--quiet,-q", options->quiet, "Do not print each step");
}

} // namespace cxla
