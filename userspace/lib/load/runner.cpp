// SPDX-License-Identifier: GPL-2.0-only
#include "load/runner.h"

#include "cxl/accel.h"
#include "load/preflight.h"
#include "sys/error.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>

namespace cxla
{

namespace
{

std::string bus_dir(const Step &step)
{
	return "/sys/bus/" + step.bus;
}

std::string device_dir(const Step &step)
{
	return bus_dir(step) + "/devices/" + step.device;
}

std::string driver_dir(const Step &step)
{
	return bus_dir(step) + "/drivers/" + step.driver;
}

} // namespace

SystemRunner::SystemRunner(const Root &root, std::string release)
    : root_(root), release_(std::move(release))
{
}

void SystemRunner::need_kernel(const Step &step) const
{
	if (!root_.real())
		throw Error(fmt::format("{}: not in a made-up root", describe(step)));
}

template <class Condition>
bool SystemRunner::wait_for(Condition condition, std::chrono::milliseconds pause)
{
	auto end = std::chrono::steady_clock::now() + patience;

	while (!condition()) {
		if (std::chrono::steady_clock::now() >= end)
			return false;
		std::this_thread::sleep_for(pause);
	}
	return true;
}

void SystemRunner::bind(const Step &step, bool tolerant)
{
	std::string has = bound_driver(root_, device_dir(step)).value_or("");

	if (has == step.driver)
		return;
	if (tolerant && (!has.empty() || !root_.exists(device_dir(step))))
		return;
	if (!root_.exists(driver_dir(step)))
		throw Error(fmt::format("binding {}: there is no driver {} on the {} bus",
					step.device, step.driver, step.bus),
			    fmt::format("modprobe {}, then try again", step.driver));
	/* somebody, or autoprobe, may be faster */
	auto there = [&] {
		return root_.try_write(driver_dir(step) + "/bind", step.device) ||
		       bound_driver(root_, device_dir(step)).value_or("") == step.driver ||
		       (tolerant && !root_.exists(device_dir(step)));
	};

	/* what is bound again was unbound a moment ago, and may be busy with that yet */
	if (tolerant ? wait_for(there, std::chrono::milliseconds(100)) : there())
		return;
	root_.write(driver_dir(step) + "/bind", step.device);
}

void SystemRunner::unbind(const Step &step)
{
	try {
		root_.write(driver_dir(step) + "/unbind", step.device);
	} catch (const Error &) {
		/* it has lost its driver, or gone, in the meantime: that was the aim */
		if (bound_driver(root_, device_dir(step)).value_or("") == step.driver)
			throw;
	}
}

void SystemRunner::probe(const Step &step)
{
	if (bound_driver(root_, device_dir(step)).value_or("") == step.driver)
		return;
	root_.write(bus_dir(step) + "/drivers_probe", step.device);

	auto driver = bound_driver(root_, device_dir(step));

	if (!driver)
		throw Error(fmt::format("{}: {}", describe(step), driver.problem().text()),
			    "did the device leave?");
	if (*driver != step.driver)
		throw Error(fmt::format("{} was probed and has {} instead of {}", step.device,
					driver->empty() ? "no driver" : "driver " + *driver,
					step.driver),
			    "dmesg says why the driver refused it");
}

/*
 * The kernel does not make good what drivers_autoprobe kept it from. A device that came
 * meanwhile is probed; one that had no driver before is offered to drivers that came meanwhile.
 * That a driver refuses one is no error, as it would be none of the kernel's.
 */
void SystemRunner::probe_missed(const Step &step)
{
	std::vector<std::string> came;
	auto has = [](const std::vector<std::string> &names, const std::string &name) {
		return std::find(names.begin(), names.end(), name) != names.end();
	};

	if (!step.before->drivers.empty())
		came = root_.list(bus_dir(step) + "/drivers").value_or({});
	std::erase_if(came, [&](const std::string &name) {
		return has(step.before->drivers, name) || is_our_pci_driver(name) ||
		       is_intree_pci_driver(name);
	});
	for (const auto &name : root_.list(bus_dir(step) + "/devices").value_or({})) {
		std::string path = bus_dir(step) + "/devices/" + name;
		auto driver = bound_driver(root_, path);

		if (!driver || !driver->empty() || !read_override(root_, path).empty())
			continue;
		if (!has(step.before->driverless, name)) {
			root_.try_write(bus_dir(step) + "/drivers_probe", name);
			continue;
		}
		for (const auto &one : came)
			if (root_.try_write(bus_dir(step) + "/drivers/" + one + "/bind", name))
				break;
	}
}

void SystemRunner::wait_unused(const Step &step)
{
	auto unused = [&] {
		auto module = read_loaded_module(root_, step.device);

		return !module || module->refcount == 0;
	};

	if (wait_for(unused))
		return;

	auto module = read_loaded_module(root_, step.device);

	throw Error(
		fmt::format("{} is still in use after {} ms: {} references, held by [{}]",
			    step.device, patience.count(), module ? module->refcount : 0,
			    fmt::join(module ? module->holders : std::vector<std::string>(), " ")),
		"unload what uses it, or close what has /dev/cxla open, then run it again");
}

void SystemRunner::wait_gone(const Step &step)
{
	if (!wait_for([&] { return !root_.exists(device_dir(step)); }))
		throw Error(fmt::format("{} is still there after {} ms", device_dir(step),
					patience.count()),
			    "something holds it; dmesg may say what");
}

void SystemRunner::probe_module(const Step &step)
{
	try {
		kmod_->probe(step.device);
	} catch (const Error &) {
		/* a dax device without driver is there all the same, and says so */
		if (step.act != Act::InsertDriver)
			throw;
	}
}

/* no reference says that it drives a device, which the kernel would unbind */
void SystemRunner::remove_foreign(const Step &step)
{
	auto module = read_loaded_module(root_, step.device);

	/* what is built in has no state */
	if (module && !module->state.empty() && !module->refcount &&
	    !module_drives_a_device(root_, step.device))
		kmod_->try_remove(step.device);
}

/*
 * Memory that is in use does not go with its driver: it would be lost until the next boot.
 * An unload has looked before its first step; what a load undoes may have come online since.
 */
void SystemRunner::refuse_online(const Step &step) const
{
	Machine machine;

	if (!is_dax_module(step.device))
		return;
	machine.iomem = read_iomem(root_);
	machine.ledger = read_ledger(root_);
	machine.dax = read_dax(root_);
	for (const auto &line : online_dax_ranges(machine, OnlineMemory(root_)))
		throw Error(fmt::format("{}: {}", describe(step), line), online_dax_hint);
}

void SystemRunner::run(const Step &step)
{
	switch (step.act) {
	case Act::SaveState:
		root_.replace(state_path, step.value);
		break;
	case Act::DropState:
		drop_state(root_);
		break;
	case Act::SetAutoprobe:
		root_.write(bus_dir(step) + "/drivers_autoprobe", step.value);
		if (step.before && step.value == "1")
			probe_missed(step);
		break;
	case Act::Unbind:
		unbind(step);
		break;
	case Act::Bind:
		bind(step, false);
		break;
	case Act::Rebind:
		bind(step, true);
		break;
	case Act::SetOverride:
		/* one that has left has none; an empty write would be none */
		if (root_.exists(device_dir(step)))
			root_.write(device_dir(step) + "/driver_override", step.value + "\n");
		break;
	case Act::Probe:
		probe(step);
		break;
	case Act::Rescan:
		root_.write(bus_dir(step) + "/rescan", "1");
		break;
	case Act::WaitUnused:
		wait_unused(step);
		break;
	case Act::WaitGone:
		wait_gone(step);
		break;
	case Act::Insert:
	case Act::InsertForeign:
	case Act::InsertDriver:
	case Act::RemoveForeign:
	case Act::Remove:
		if (step.act == Act::Remove)
			refuse_online(step);
		need_kernel(step);
		if (!kmod_) {
			kmod_.emplace("/lib/modules/" + release_);
			if (tell_libkmod)
				kmod_->tell();
		}
		if (step.act == Act::Insert)
			kmod_->insert(step.value, step.parameters);
		else if (step.act == Act::Remove) {
			/* what a detach leaves to a workqueue holds a reference for a while */
			wait_unused(step);
			kmod_->remove(step.device);
		} else if (step.act == Act::RemoveForeign)
			remove_foreign(step);
		else if (!read_loaded_module(root_, step.device))
			probe_module(step);
		break;
	}
}

StateLock::StateLock(const Root &root, std::chrono::milliseconds patience)
{
	const std::string folder = "/run/cxla", path = folder + "/lock";

	if (::mkdir(root.host(folder).c_str(), 0755) < 0 && errno != EEXIST)
		throw Error(fmt::format("making {}: {}", folder, std::strerror(errno)),
			    "run as root; is /run mounted?", Exit::Refused);
	fd_ = Fd(::open(root.host(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	if (!fd_)
		throw Error(fmt::format("opening {}: {}", path, std::strerror(errno)),
			    "run as root", Exit::Refused);

	auto end = std::chrono::steady_clock::now() + patience;

	while (flock(fd_.get(), LOCK_EX | LOCK_NB) < 0) {
		if (std::chrono::steady_clock::now() >= end)
			throw Error(fmt::format("locking {}: another load, unload, attach, reset "
						"or selftest is running",
						path),
				    "wait for it to end", Exit::Refused);
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
	}
}

} // namespace cxla
