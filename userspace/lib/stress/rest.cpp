// SPDX-License-Identifier: GPL-2.0-only
#include "stress/rest.h"

#include "cxl/dax.h"
#include "cxl/object_names.h"
#include "cxl/upstream.h"
#include "stress/description.h"

#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

/* a region that is there and not committed would end with its decoders reset */
void commit_regions(const Root &root, const Stack &stack)
{
	/* decoders of one port are committed in order: one waits for another */
	for (int pass = 0; pass < 4; pass++) {
		bool any = false;

		for (const auto &name : root.list(stack.devices_folder()).value_or({})) {
			const std::string path = stack.device_folder(name) + "/commit";

			if (name.starts_with("region") && root.text(path).value_or("1") == "0")
				any |= root.try_write(path, "1");
		}
		if (!any)
			return;
	}
}

/* one that was taken off its bus comes without the driver that it is for */
void return_device(const Root &root, const std::string &driver, const std::string &bdf)
{
	const std::string override_file = pci_device(bdf) + "/driver_override";

	if (!root.exists(pci_device(bdf)))
		root.try_write("/sys/bus/pci/rescan", "1");
	if (root.text(override_file).value_or(driver) != driver)
		root.try_write(override_file, driver);
}

/* @anew: what was deleted or unbound below it comes with it */
void bind_again(const Root &root, const std::string &driver, const std::string &bdf, bool anew)
{
	const std::string folder = "/sys/bus/pci/drivers/" + driver;

	return_device(root, driver, bdf);
	if (root.exists(pci_device(bdf) + "/driver")) {
		if (!anew)
			return;
		root.try_write(folder + "/unbind", bdf);
	}
	root.try_write(folder + "/bind", bdf);
}

void bind_dax_devices(const Root &root)
{
	for (const auto &device : read_dax(root))
		if (device.ours && device.driver.empty())
			root.try_write("/sys/bus/dax/drivers/device_dax/bind", device.name);
	for (const auto &name : root.list(bus_devices).value_or({}))
		if (name.starts_with("dax_region") && !root.exists(bus_device(name) + "/driver"))
			root.try_write("/sys/bus/cxla/drivers/cxla_dax_region/bind", name);
}

} // namespace

void bring_to_rest(const Root &root, const Targets &targets, bool anew)
{
	const Stack &stack = targets.stack;

	flush(root, stack);
	/* a range whose device was not bound may have become its own meanwhile */
	if (anew)
		unbind_hmem(root, targets.hmem);
	bind_roots(root, targets.roots, stack);
	bind_ports(root, stack);
	flush(root, stack);
	end_described(root, targets.idle());
	commit_regions(root, stack);
	for (const auto &expander : targets.expanders)
		bind_again(root, stack.driver(Driver::Expander), expander.bdf, anew);
	for (const auto &accel : targets.accelerators) {
		bind_again(root, stack.driver(Driver::Accel), accel.bdf, anew);
		if (!accel.on_loss.empty())
			root.try_write(pci_device(accel.bdf) + "/cxla/on_loss", accel.on_loss);
	}
	flush(root, stack);
	if (targets.hmem.empty() && !targets.dax)
		return;
	bind_hmem(root, targets.hmem, 5s);
	bind_dax_devices(root);
	flush(root);
}

SnapshotChange change_as_it_is(const Root &root, const Targets &targets, const Snapshot &before)
{
	bring_to_rest(root, targets, false);
	return compare(before, take_snapshot(root, targets.stack));
}

SnapshotChange change_at_rest(const Root &root, const Targets &targets, const Snapshot &before)
{
	SnapshotChange change;

	bring_to_rest(root, targets, true);
	/* a range that was kept for somebody is handed out a moment later */
	for (int i = 0; i < 50; i++) {
		change = compare(before, take_snapshot(root, targets.stack));
		if (change.empty())
			return change;
		std::this_thread::sleep_for(100ms);
	}
	return change;
}

std::string in_words(const SnapshotChange &change)
{
	std::string words;

	for (const auto &line : change.missing)
		words += fmt::format("\n  missing: {}", line);
	for (const auto &line : change.extra)
		words += fmt::format("\n  not there before: {}", line);
	return words;
}

} // namespace cxla
