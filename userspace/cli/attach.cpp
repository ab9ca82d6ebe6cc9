// SPDX-License-Identifier: GPL-2.0-only
#include "load/attach.h"

#include "command.h"
#include "outcome.h"
#include "report/status.h"
#include "sys/output.h"
#include "telling_runner.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

constexpr std::chrono::seconds patience_for_others{30};

/* all, some, none */
Exit summed_up(size_t good, size_t all)
{
	return good == all ? Exit::Ok : good ? Exit::Partial : Exit::Failed;
}

void print_expander(const Expander &expander)
{
	std::string line = fmt::format("{}  {}  expander", expander.bdf,
				       expander.memdev.empty() ? "no memdev" : expander.memdev);

	if (expander.regions.empty())
		print_out("{}  no region: `cxla status --tree` shows what its decoders say\n",
			  line);
	for (const auto &member : expander.regions)
		print_out("{}  {}\n", line, membership_text(member));
}

Expander expand_one(const Root &root, const std::string &bdf, StepRunner &runner)
{
	bind_device(root, bdf, expander_driver, runner);

	/* the driver has made the memdev, and what can be assembled, before bind returns */
	Expander expander = read_expander(root, bdf, read_topology(root, "cxla"));

	if (expander.memdev.empty())
		throw Error(fmt::format("{} is bound to {} and has no memdev in /sys/bus/cxla", bdf,
					expander_driver),
			    "the kernel log (dmesg) may say more");
	return expander;
}

/* runs @one on each device; one that fails does not keep the others from theirs */
template <class One>
Exit each_device(const Root &root, const Context &context, const std::vector<std::string> &names,
		 One one)
{
	context.guard.emplace();
	size_t good = 0;
	json devices = json::array();
	std::optional<Exit> only_error;

	for (const auto &name : names) {
		if (InterruptGuard::interrupted())
			break;
		try {
			good += one(resolve_device(root, name), devices);
		} catch (const Error &error) {
			only_error = error.status();
			report_error(context,
				     fmt::format("{} of {}: {}", context.reply->command, name,
						 error.what()),
				     error.hint());
		}
	}
	context.reply->result = {{"devices", devices}};
	if (int signal = InterruptGuard::signal(); signal && good < names.size())
		return exit_of_signal(signal);
	if (only_error && names.size() == 1)
		return *only_error;
	return summed_up(good, names.size());
}

Exit attach(const Root &root, const Context &context, const std::vector<std::string> &names,
	    bool create)
{
	TellingRunner runner(root, {}, context, true);
	/* regions that one asks for are not made for the devices of another */
	auto lock = lock_state(root, context, patience_for_others);
	std::optional<RegionCreation> creation;

	if (create)
		creation.emplace(root);

	return each_device(root, context, names, [&](const std::string &bdf, json &devices) {
		bind_device(root, bdf, accel_driver, runner);

		Accelerator accel = wait_for_outcome(root, bdf);

		devices.push_back(outcome_json(accel));
		if (!context.json)
			print_outcome(accel);
		return accel.attached();
	});
}

Exit expand(const Root &root, const Context &context, const std::vector<std::string> &names)
{
	TellingRunner runner(root, {}, context, true);
	auto lock = lock_state(root, context, patience_for_others);

	return each_device(root, context, names, [&](const std::string &bdf, json &devices) {
		Expander expander = expand_one(root, bdf, runner);

		devices.push_back(expander_json(expander));
		if (!context.json)
			print_expander(expander);
		return true;
	});
}

Exit detach(const Root &root, const Context &context, const std::vector<std::string> &names)
{
	return each_device(root, context, names, [&](const std::string &bdf, json &devices) {
		unbind_device(root, bdf);
		devices.push_back({{"address", bdf}, {"detached", true}});
		if (!context.json)
			print_out("{}  detached\n", bdf);
		return true;
	});
}

} // namespace

void add_attach(CLI::App &app, Context &context)
{
	auto names = std::make_shared<std::vector<std::string>>();
	auto expanders = std::make_shared<bool>(false), create = std::make_shared<bool>(false);
	auto *command =
		add_command(app, context, "attach",
			    "Bind cxla_accel to devices, and print the range or the reason of each",
			    [&context, names, expanders, create](const Root &root) {
				    return *expanders ? expand(root, context, *names)
						      : attach(root, context, *names, *create);
			    });

	auto *expander = command->add_flag(
		"--expander", *expanders,
		"Bind cxla_pci in place of cxla_accel: each device gets a memdev, and its "
		"committed decoders get regions, interleaved ones included; nothing is attached");

	command->add_flag("--create", *create,
			  "Where firmware mapped nothing, make a region of all the memory of the "
			  "device; a detach takes the region back")
		->excludes(expander);
	command->add_option("DEVICE", *names, "Devices: a PCI address, accelN or memN")->required();
}

void add_detach(CLI::App &app, Context &context)
{
	auto names = std::make_shared<std::vector<std::string>>();
	auto *command = add_command(
		app, context, "detach", "Unbind cxla_accel or cxla_pci from devices",
		[&context, names](const Root &root) { return detach(root, context, *names); });

	command->add_option("DEVICE", *names, "Devices: a PCI address, accelN or memN")->required();
}

} // namespace cxla
