// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who pull the ground away: PCI devices, modules, and what Soft Reserved ranges
 * and dax devices are of. Each puts back what it took; what it could not, rest does.
 */
#include "cxl/accel.h"
#include "cxl/dax.h"
#include "cxl/object_names.h"
#include "stress/actor.h"
#include "sys/modules.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

struct PciTarget {
	std::string bdf, driver;
	Action bind;
};

std::vector<PciTarget> pci_targets(const Targets &targets)
{
	const Stack &stack = targets.stack;
	std::vector<PciTarget> all;

	all.reserve(targets.accelerators.size() + targets.expanders.size());
	for (const auto &accel : targets.accelerators)
		all.push_back({accel.bdf, stack.driver(Driver::Accel), Action::BindAccel});
	for (const auto &expander : targets.expanders)
		all.push_back({expander.bdf, stack.driver(Driver::Expander), Action::BindExpander});
	return all;
}

/* unbinds and binds one of a bus, side by side or one after the other */
void rebind(Actor &actor, Action unbind, Action bind, const std::string &driver,
	    const std::string &name)
{
	actor.end_and_return(Actor::write(unbind, driver + "/unbind", name),
			     Actor::write(bind, driver + "/bind", name), 3, 3000);
}

bool is_loaded(const Actor &actor, const RaceModule &module)
{
	return actor.root().exists("/sys/module/" + module.name);
}

/* a made-up machine has no modules to lose */
int insert(const Actor &actor, const Kmod &kmod, const RaceModule &module)
{
	return actor.root().real() ? kmod.try_insert(module.file, module.parameters) : 0;
}

int remove(const Actor &actor, const Kmod &kmod, const RaceModule &module)
{
	return actor.root().real() ? kmod.try_remove(module.name) : 0;
}

} // namespace

void act_on_pci(Actor &actor)
{
	PciTarget target = actor.pick_of(pci_targets(actor.targets()));
	const std::string folder = pci_device(target.bdf);
	Operation remove = Actor::write(Action::RemoveDevice, folder + "/remove", "1");
	Operation rescan = Actor::write(Action::Rescan, "/sys/bus/pci/rescan", "1");

	actor.end_and_return(remove, rescan, 4, 10000);
	actor.run({Actor::write(Action::SetOverride, folder + "/driver_override", target.driver)});
	actor.run({Actor::write(target.bind,
				fmt::format("/sys/bus/pci/drivers/{}/bind", target.driver),
				target.bdf)});
}

/* from the last one down to any of them, and up again */
void act_on_modules(Actor &actor)
{
	const auto &modules = actor.targets().modules;
	/* names are looked up nowhere: each has its file */
	Kmod kmod{""};
	size_t first = actor.pick(static_cast<unsigned>(modules.size()));
	/* half of the time the last one only, or those that the root is of */
	size_t last = actor.pick(2) ? modules.size() : first + 1;
	auto end = Clock::now() + 60s;

	for (size_t n = last; n-- > first;)
		actor.perform(Action::UnloadModule, "unload " + modules[n].name,
			      [&] { return remove(actor, kmod, modules[n]); });
	actor.pause(5000);
	/* one that is on its way out, or waits for one that is, is not taken at once */
	for (;;) {
		bool all = true;

		for (const auto &module : modules) {
			if (!is_loaded(actor, module))
				actor.perform(Action::LoadModule, "load " + module.name,
					      [&] { return insert(actor, kmod, module); });
			all &= is_loaded(actor, module);
		}
		if (all)
			return;
		if (Clock::now() > end) {
			actor.report("modules can't be loaded again");
			return;
		}
		std::this_thread::sleep_for(5ms);
	}
}

void act_on_hmem(Actor &actor)
{
	rebind(actor, Action::UnbindHmem, Action::BindHmem,
	       fmt::format("/sys/bus/platform/drivers/{}", our_hmem_driver), actor.targets().hmem);
}

void act_on_dax(Actor &actor)
{
	auto regions = actor.bus_devices("dax_region");
	auto devices = actor.root().list("/sys/bus/dax/devices").value_or({});

	/* the driver's files are there for as long as one of these is loaded */
	if (!regions.empty() && (devices.empty() || actor.pick(2)))
		rebind(actor, Action::UnbindDax, Action::BindDax,
		       actor.stack().driver_folder(Driver::DaxRegion), actor.pick_of(regions));
	else if (!devices.empty())
		rebind(actor, Action::UnbindDax, Action::BindDax, "/sys/bus/dax/drivers/device_dax",
		       actor.pick_of(devices));
}

} // namespace cxla
