// SPDX-License-Identifier: GPL-2.0-only
#include "rest.h"

#include "field_names.h"
#include "upstream.h"

#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

/* a region that is there and not committed would end with its decoders reset */
void commit_regions(const Root &root)
{
	/* decoders of one port are committed in order: one waits for another */
	for (int pass = 0; pass < 4; pass++) {
		bool any = false;

		for (const auto &name : root.list(bus_devices).value_or({})) {
			const std::string path = bus_device(name) + "/commit";

			if (name.starts_with("region") && root.text(path).value_or("1") == "0")
				any |= root.try_write(path, "1");
		}
		if (!any)
			return;
	}
}

/* what was deleted or unbound below it comes with it */
void bind_anew(const Root &root, const std::string &driver, const std::string &bdf)
{
	const std::string folder = "/sys/bus/pci/drivers/" + driver;

	if (root.exists(pci_device(bdf) + "/driver"))
		root.try_write(folder + "/unbind", bdf);
	root.try_write(folder + "/bind", bdf);
}

} // namespace

void bring_to_rest(const Root &root, const Targets &targets)
{
	flush(root);
	bind_roots(root, targets.roots);
	bind_ports(root);
	flush(root);
	commit_regions(root);
	for (const auto &expander : targets.expanders)
		bind_anew(root, expander_driver, expander.bdf);
	for (const auto &accel : targets.accelerators) {
		bind_anew(root, accel_driver, accel.bdf);
		if (!accel.on_loss.empty())
			root.try_write(pci_device(accel.bdf) + "/cxla/on_loss", accel.on_loss);
	}
	flush(root);
}

CensusChange change_at_rest(const Root &root, const Targets &targets, const Census &before)
{
	CensusChange change;

	bring_to_rest(root, targets);
	/* a range that was kept for somebody is handed out a moment later */
	for (int i = 0; i < 50; i++) {
		change = compare(before, take_census(root));
		if (change.empty())
			return change;
		std::this_thread::sleep_for(100ms);
	}
	return change;
}

std::string in_words(const CensusChange &change)
{
	std::string words;

	for (const auto &line : change.missing)
		words += fmt::format("\n  missing: {}", line);
	for (const auto &line : change.extra)
		words += fmt::format("\n  not there before: {}", line);
	return words;
}

} // namespace cxla
