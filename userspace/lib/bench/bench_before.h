// SPDX-License-Identifier: GPL-2.0-only
/* What a measurement takes away it gives back, however it ends. */
#pragma once

#include "bench/bench_machine.h"

#include <functional>

namespace cxla
{

/* a device as it was before */
struct DeviceBefore {
	std::string bdf;
	std::string driver;  /* ours */
	std::string accel;   /* accelN, or empty */
	std::string on_loss; /* of an accelerator */
	bool attached = false;
	size_t regions = 0; /* of an expander */
};

/* devices in the order of their nodes: bound in it, each gets its number again */
std::vector<DeviceBefore> devices_before(const Root &root, const std::vector<std::string> &bdfs);

/*
 * Binds those that are not bound any more, binds those anew that have lost their
 * range or region, and sets on_loss. Goes on with the next when one fails; returns
 * what is not as it was, in words.
 */
std::vector<std::string> put_back(BenchMachine &machine, const std::vector<DeviceBefore> &before);

/*
 * Runs @body and puts the devices back afterwards, whether it throws or not.
 * Throws what it threw, with what could not be put back added.
 */
void put_back_after(BenchMachine &machine, const std::vector<std::string> &bdfs,
		    const std::function<void()> &body);

/* /sys/bus/pci/drivers/DRIVER/FILE */
std::string pci_driver_file(const std::string &driver, const char *file);

} // namespace cxla
