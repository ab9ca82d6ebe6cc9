// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does memory of the kernel grow from rest to rest? Where the kernel has no detector
 * of leaks, that is how a leak is seen: the same work was done, the machine is as it
 * was, and more objects are in use than the time before, and the time before that.
 */
#pragma once

#include "sys/root.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cxla
{

struct SlabCount {
	/* by cache; and "vmalloc" and "percpu", in pages of 4 KiB */
	std::map<std::string, uint64_t> objects;
	/* of the whole machine; each has objects of its own */
	uint64_t tasks = 0;
};

/*
 * To be taken at rest. Unused inodes and dentries are dropped before, what caches keep
 * for the next one is given back, and objects that are freed a moment later are waited
 * for, until counts fall no more: what is counted is what is in use. This takes a
 * second, and some seconds with KASAN. A problem where nothing can be counted.
 *
 * Counted are the caches that everything in the kernel allocates from (kmalloc-*), and
 * those of objects that come with devices: sysfs files and dax devices. Left out is
 * what follows from processes, open files and memory in use (task_struct, dentry, filp,
 * vm_area_struct ... and kmalloc-cg-*, kmalloc-rcl-*): it says nothing of drivers.
 *
 * udev has memory of the kernel for each event that it is behind with: it is waited for, and
 * a problem if it does not come to rest.
 */
Reading<SlabCount> count_slab(const Root &root,
			      std::chrono::milliseconds udev_patience = std::chrono::seconds(30));

/*
 * What is growth, and what is not. Counts are up to a few objects too high, and there
 * are jumps: what is made the first time stays, and the kernel begins threads as it
 * needs them. So the first count is left out, the others are put into three to five
 * groups, one after the other in time, of which the lowest count is taken, and a leak is
 * told when it grows
 *  - from each group to the next one, by one object in 40 pieces of work or more,
 *  - by more than twice as many as there are more tasks (stacks: eight pages),
 *  - by 8 objects or more in all, and four times what it ever went down by.
 * A leak of one object each 20 times is told so after some 200 times; one each time
 * after some 10.
 */
class SlabWatch
{
public:
	/* @work: what is counted as work, in the singular */
	explicit SlabWatch(std::string work = "bind") : work_(std::move(work)) {}

	/* @work_done: since the beginning, in all */
	void note(SlabCount count, uint64_t work_done);
	/* a line for each cache that grows, the fastest first */
	std::optional<std::string> growth() const;

private:
	struct Sample {
		SlabCount count;
		uint64_t work;
	};

	std::string work_;
	std::vector<Sample> samples_;
};

} // namespace cxla
