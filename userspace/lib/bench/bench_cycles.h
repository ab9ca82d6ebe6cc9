// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is measured on one device, cycle after cycle. Each function needs the device
 * attached (the last: an expander with a region), leaves it so, and throws Error. All
 * of them run inside of put_back_after().
 */
#pragma once

#include "bench/bench_machine.h"
#include "cxl/stack.h"

namespace cxla
{

/* a device, and the driver that it is bound to over and over */
struct BenchDevice {
	std::string bdf;
	std::string driver;
	/* the driver has /dev/cxla/accelN, with its events, and a record of each attach */
	bool tells = true;
	/* of a driver that tells nothing: the bus is asked what came of a bind; null: nobody is */
	std::shared_ptr<const Stack> stack{};
};

/* cxla_accel and attached, and nobody uses the node; throws Error (Refused) */
BenchDevice attached_device(const Root &root, const std::string &bdf);
/* the same of any stack, as far as it tells */
BenchDevice attached_device(const Root &root, const std::shared_ptr<const Stack> &stack,
			    const std::string &bdf);
/* throws Error (Refused) unless there is a region of its own that can be deleted */
void need_deletable_region(const Root &root, const std::string &bdf);

/* bound, and what came of it checked; @result: null, or where it is recorded */
void bind_once(BenchMachine &machine, const BenchDevice &device, BenchResult *result,
	       bool listen = false);
void unbind_once(BenchMachine &machine, const BenchDevice &device);

/* the write to `bind`, the attach event, and what the kernel's record says */
BenchResult bench_attach(BenchMachine &machine, const BenchDevice &device,
			 const BenchRequest &request);
/* the write to `unbind`, the revoke event and the end, through a node that is open */
BenchResult bench_detach(BenchMachine &machine, const BenchDevice &device,
			 const BenchRequest &request);
/*
 * The range is taken back because its memdev is unbound from cxla_mem: the write,
 * the revoke and the detach event. With @pages of the range mapped and touched
 * there is something to take out of a page table; 0: nothing is mapped.
 */
BenchResult bench_revoke(BenchMachine &machine, const BenchDevice &device, unsigned pages,
			 const BenchRequest &request);
/* the write to `delete_region` of a region of the expander's own */
BenchResult bench_delete(BenchMachine &machine, const std::string &bdf,
			 const BenchRequest &request);

} // namespace cxla
