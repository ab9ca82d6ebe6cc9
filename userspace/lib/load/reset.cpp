// SPDX-License-Identifier: GPL-2.0-only
#include "load/reset.h"

#include "load/borrowed.h"
#include "sys/error.h"
#include "sys/fd.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace cxla
{

namespace
{

constexpr const char *method_names[] = {"cxl", "flr", "bus"};

bool has_method(const Root &root, const PciDevice &device, ResetMethod method)
{
	if (method == ResetMethod::Cxl)
		return device.cxl && device.cxl->reset;

	auto words = split(root.text(device.path() + "/reset_method").value_or(""), ' ');

	return std::find(words.begin(), words.end(), reset_method_name(method)) != words.end();
}

/* 0000:0d:00.0 without the function */
std::string slot_of(const std::string &bdf)
{
	return bdf.substr(0, bdf.rfind('.'));
}

bool reaches(const PciDevice &device, const PciDevice &other, ResetMethod method)
{
	switch (method) {
	case ResetMethod::Cxl:
		return slot_of(device.bdf) == slot_of(other.bdf);
	case ResetMethod::Bus:
		/* it, and what is below the same bridge at whatever depth */
		return !device.above.empty() &&
		       std::find(other.above.begin(), other.above.end(), device.above.front()) !=
			       other.above.end();
	case ResetMethod::Flr:
		break;
	}
	return device.bdf == other.bdf;
}

/* who the kernel says has some of it, our own entries aside */
void add_range_owners(const Machine &machine, ResetFunction &function)
{
	if (!machine.iomem)
		return;
	for (const auto &range : function.ranges)
		for (const auto &entry : machine.iomem->entries) {
			bool owner = entry.name.starts_with("System RAM") ||
				     entry.name.starts_with("dax");

			if (owner && entry.range.overlaps(range))
				function.owners.push_back(entry.name);
		}
	std::sort(function.owners.begin(), function.owners.end());
	function.owners.erase(std::unique(function.owners.begin(), function.owners.end()),
			      function.owners.end());
}

ResetFunction function_of(const Root &root, const Machine &machine, const PciDevice &device)
{
	ResetFunction function{device.bdf, device.driver, {}, {}, {}, {}};

	for (const auto &accel : machine.accelerators)
		if (accel.bdf == device.bdf && accel.accel) {
			function.node = "/dev/cxla/" + *accel.accel;
			if (accel.range)
				function.ranges.push_back(*accel.range);
		}
	for (const auto &expander : machine.expanders)
		if (expander.bdf == device.bdf && !expander.memdev.empty()) {
			function.node = "/dev/cxla/" + expander.memdev;
			for (const auto &member : expander.regions)
				if (member.range)
					function.ranges.push_back(*member.range);
		}
	if (!function.node.empty())
		function.openers = find_openers(root, function.node);
	add_range_owners(machine, function);
	return function;
}

void check_driver(const ResetFunction &function, bool asked, ResetPlan &plan)
{
	if (!function.driver.empty() && is_our_pci_driver(function.driver))
		return;
	if (asked)
		plan.refusals.push_back(
			{"not-ours",
			 fmt::format(
				 "{} is bound to {}: what a reset takes of its decoders would not "
				 "come back",
				 function.bdf,
				 function.driver.empty() ? "no driver" : function.driver),
			 fmt::format("`cxla attach {}` binds it", function.bdf), function.bdf});
}

void check_users(const ResetFunction &function, bool in_use, ResetPlan &plan)
{
	for (const auto &owner : function.owners)
		if (owner.starts_with("System RAM"))
			plan.refusals.push_back(
				{"online",
				 fmt::format("memory of {} is online as System RAM", function.bdf),
				 "take it offline first: daxctl offline-memory", function.bdf});
	if (in_use)
		return;
	if (!function.openers.empty())
		plan.refusals.push_back(
			{"in-use",
			 fmt::format("{} is in use by {}, which would lose its range",
				     function.node, openers_text(function.openers)),
			 "end what uses it, or say --in-use", function.bdf});
}

/* it may have gone, and its name to another, since it was looked at; not while it is open */
void check_whose(const Root &root, const ResetFunction &function, int fd)
{
	struct stat st = {};

	if (fstat(fd, &st))
		throw Error(fmt::format("{}: {}", function.node, std::strerror(errno)));

	auto device = root.link_name(
		fmt::format("/sys/dev/char/{}:{}/device", major(st.st_rdev), minor(st.st_rdev)));

	if (device.value_or("") != function.bdf)
		throw Error(fmt::format("{} is not the node of {} any more", function.node,
					function.bdf),
			    "somebody is binding and unbinding devices: try again");
}

void ask_for_cxl_reset(const Root &root, const ResetFunction &function)
{
	Fd fd(open(root.host(function.node).c_str(), O_RDWR | O_CLOEXEC));
	cxla_reset_request request{};

	if (!fd)
		throw Error(fmt::format("opening {}: {}", function.node, std::strerror(errno)),
			    "run as root: the node is for root only");
	check_whose(root, function, fd.get());
	request.size = sizeof(request);
	if (!ioctl(fd.get(), CXLA_IOC_RESET, &request))
		return;

	int error = errno;
	std::string hint = "the kernel log (dmesg) says more";

	if (error == EAGAIN)
		hint = "somebody is binding, unbinding or resetting a function: try again";
	if (error == ENOTTY)
		hint = "program and modules must be of the same version";
	if (error == EOPNOTSUPP)
		hint = "the device has no CXL Reset, or this machine can't write back the caches "
		       "of its CPUs: --method flr, or bus";
	throw Error(fmt::format("CXL Reset of {} by {}: {}", function.bdf, function.node,
				std::strerror(error)),
		    hint);
}

/* what the kernel tries for a device stays what it was */
void ask_kernel(const Root &root, const std::string &bdf, ResetMethod method)
{
	std::string path = "/sys/bus/pci/devices/" + bdf;
	std::string before = root.text(path + "/reset_method").value_or("");

	std::optional<Borrowed> only;

	if (before != reset_method_name(method))
		only.emplace(root, BorrowedSetting{borrowed_reset_method, bdf, before,
						   reset_method_name(method)});
	try {
		root.write(path + "/reset", "1");
	} catch (const Error &error) {
		throw Error(error.what(),
			    "not every slot can do what is listed; the kernel log may say more");
	}
	if (only)
		only->give_back();
}

} // namespace

const char *reset_method_name(ResetMethod method)
{
	return method_names[static_cast<size_t>(method)];
}

std::optional<ResetMethod> parse_reset_method(std::string_view word)
{
	for (auto method : {ResetMethod::Cxl, ResetMethod::Flr, ResetMethod::Bus})
		if (word == reset_method_name(method))
			return method;
	return std::nullopt;
}

ResetPlan plan_reset(const Root &root, const Machine &machine, const std::string &bdf,
		     std::optional<ResetMethod> wanted, bool in_use)
{
	ResetPlan plan{bdf, wanted, {}, {}};
	const PciDevice *device = machine.pci.find(bdf);

	if (!device) {
		plan.refusals.push_back(
			{"no-device", fmt::format("there is no PCI device {}", bdf), "", bdf});
		return plan;
	}
	for (auto method : {ResetMethod::Cxl, ResetMethod::Flr, ResetMethod::Bus})
		if (!plan.method && has_method(root, *device, method))
			plan.method = method;
	if (!plan.method || !has_method(root, *device, *plan.method)) {
		plan.refusals.push_back(
			{"no-method",
			 plan.method ? fmt::format("{} has no reset by {}", bdf,
						   reset_method_name(*plan.method))
				     : fmt::format("{} has no reset that is known", bdf),
			 "without --method the mildest that it has is taken", bdf});
		return plan;
	}
	for (const auto &other : machine.pci.devices)
		if (reaches(*device, other, *plan.method))
			plan.functions.push_back(function_of(root, machine, other));
	for (const auto &function : plan.functions) {
		check_driver(function, function.bdf == bdf, plan);
		check_users(function, in_use, plan);
	}
	return plan;
}

void do_reset(const Root &root, const ResetPlan &plan)
{
	if (plan.method != ResetMethod::Cxl) {
		ask_kernel(root, plan.bdf, *plan.method);
		return;
	}
	for (const auto &function : plan.functions)
		if (function.bdf == plan.bdf)
			ask_for_cxl_reset(root, function);
}

bool ResetOutcome::has_all_of(const ResetFunction &before) const
{
	return std::all_of(before.ranges.begin(), before.ranges.end(), [&](const Range &range) {
		return std::find(ranges.begin(), ranges.end(), range) != ranges.end();
	});
}

ResetOutcome outcome_of(const Machine &machine, const ResetFunction &before)
{
	ResetOutcome outcome{before.bdf, {}, {}, {}};

	for (const auto &accel : machine.accelerators)
		if (accel.bdf == before.bdf) {
			outcome.state = accel.state.value_or("");
			if (!accel.attached())
				outcome.reason = accel.reason.value_or("");
			if (accel.range)
				outcome.ranges.push_back(*accel.range);
		}
	for (const auto &expander : machine.expanders)
		if (expander.bdf == before.bdf) {
			outcome.state = expander.memdev.empty() ? "no memdev" : "memdev";
			for (const auto &member : expander.regions)
				if (member.range)
					outcome.ranges.push_back(*member.range);
		}
	return outcome;
}

} // namespace cxla
