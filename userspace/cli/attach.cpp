// SPDX-License-Identifier: GPL-2.0-only
#include "load/attach.h"

#include "command.h"
#include "outcome.h"
#include "report/status.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

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
		fmt::print("{}  no region: `cxla status --tree` shows what its decoders say\n",
			   line);
	for (const auto &member : expander.regions)
		fmt::print("{}  {}\n", line, membership_text(member));
}

Expander expand_one(const Root &root, const std::string &bdf)
{
	bind_device(root, bdf, expander_driver);

	/* the driver has made the memdev, and what can be assembled, before bind returns */
	Expander expander = read_expander(root, bdf, read_topology(root, "cxla"));

	if (expander.memdev.empty())
		throw Error(fmt::format("{} is bound to {} and has no memdev in /sys/bus/cxla", bdf,
					expander_driver),
			    "the kernel log (dmesg) may say more");
	return expander;
}

Accelerator attach_one(const Root &root, const std::string &bdf)
{
	Accelerator before = read_accelerator(root, bdf, {});

	/* bound, but without its range: try again from the start */
	if (before.driver == accel_driver && before.state && !before.attached())
		unbind_device(root, bdf);
	bind_device(root, bdf, accel_driver);
	return wait_for_outcome(root, bdf);
}

/* runs @one on each device; one that fails does not keep the others from theirs */
template <class One>
Exit each_device(const Root &root, const Context &context, const char *command,
		 const std::vector<std::string> &names, One one)
{
	size_t good = 0;
	json devices = json::array();
	std::optional<Exit> only_error;

	for (const auto &name : names) {
		try {
			good += one(resolve_device(root, name), devices);
		} catch (const Error &error) {
			only_error = error.status();
			devices.push_back({{"device", name},
					   {"error", error.what()},
					   {"hint", error.hint()}});
			fmt::print(stderr, "cxla: {} of {}: {}\n", command, name, error.what());
			if (!error.hint().empty())
				fmt::print(stderr, "      {}\n", error.hint());
		}
	}
	if (context.json)
		print_json({{"command", command}, {"devices", devices}});
	if (only_error && names.size() == 1)
		return *only_error;
	return summed_up(good, names.size());
}

Exit attach(const Root &root, const Context &context, const std::vector<std::string> &names)
{
	return each_device(root, context, "attach", names,
			   [&](const std::string &bdf, json &devices) {
				   Accelerator accel = attach_one(root, bdf);

				   devices.push_back(outcome_json(accel));
				   if (!context.json)
					   print_outcome(accel);
				   return accel.attached();
			   });
}

Exit expand(const Root &root, const Context &context, const std::vector<std::string> &names)
{
	return each_device(root, context, "attach", names,
			   [&](const std::string &bdf, json &devices) {
				   Expander expander = expand_one(root, bdf);

				   devices.push_back(expander_json(expander));
				   if (!context.json)
					   print_expander(expander);
				   return true;
			   });
}

Exit detach(const Root &root, const Context &context, const std::vector<std::string> &names)
{
	return each_device(root, context, "detach", names,
			   [&](const std::string &bdf, json &devices) {
				   unbind_device(root, bdf);
				   devices.push_back({{"address", bdf}, {"detached", true}});
				   if (!context.json)
					   fmt::print("{}  detached\n", bdf);
				   return true;
			   });
}

} // namespace

void add_attach(CLI::App &app, Context &context)
{
	auto names = std::make_shared<std::vector<std::string>>();
	auto expanders = std::make_shared<bool>(false);
	auto *command = add_command(app, context, "attach",
				    "Bind cxla_accel to devices, and say what came of it",
				    [&context, names, expanders](const Root &root) {
					    return *expanders ? expand(root, context, *names)
							      : attach(root, context, *names);
				    });

	command->add_flag("--expander", *expanders,
			  "Bind cxla_pci instead: a memdev, and the regions of its committed "
			  "decoders, interleaved ones too, without an attach");
	command->add_option("DEVICE", *names, "PCI address, accelN or memN")->required();
}

void add_detach(CLI::App &app, Context &context)
{
	auto names = std::make_shared<std::vector<std::string>>();
	auto *command = add_command(
		app, context, "detach", "Unbind cxla_accel or cxla_pci from devices",
		[&context, names](const Root &root) { return detach(root, context, *names); });

	command->add_option("DEVICE", *names, "PCI address, accelN or memN")->required();
}

} // namespace cxla
