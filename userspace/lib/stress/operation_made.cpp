// SPDX-License-Identifier: GPL-2.0-only
/* Operations about regions that an attach makes, or userspace, where firmware made none. */
#include "cxl/stack.h"
#include "stress/description.h"
#include "stress/operation.h"

#include <cerrno>

namespace cxla
{

namespace
{

/* the region of the idle expander that is being described, if there is one */
Description described(const TestBed &bed)
{
	Description now = describe(bed.root, bed.idle);
	auto regions = described_regions(bed.root, {bed.idle});

	if (!regions.empty())
		now.region = regions.front();
	return now;
}

template <Describe step> int write_step(const TestBed &bed, OperationSpan &span)
{
	AttributeWrite what = described(bed).write_of(bed.root, step);

	return write_attribute(bed.root, span, what.path, what.value);
}

int uncommit_made(const TestBed &bed, OperationSpan &span)
{
	return write_attribute(bed.root, span,
			       described(bed).write_of(bed.root, Describe::Commit).path, "0");
}

int delete_made(const TestBed &bed, OperationSpan &span)
{
	AttributeWrite what = described(bed).deletion();

	return write_attribute(bed.root, span, what.path, what.value);
}

int unbind_idle(const TestBed &bed, OperationSpan &span)
{
	return write_attribute(bed.root, span, our_stack().driver_file(Driver::Expander, "unbind"),
			       bed.idle);
}

template <bool bind> int bind_bare(const TestBed &bed, OperationSpan &span)
{
	return write_attribute(bed.root, span,
			       our_stack().driver_file(Driver::Accel, bind ? "bind" : "unbind"),
			       bed.bare);
}

MachineOperation of(std::string TestBed::*device, const char *name, const char *does, Start start,
		    int (*act)(const TestBed &bed, OperationSpan &span), bool in_part = false)
{
	MachineOperation operation{name, does, start, act};

	operation.in_part = in_part;
	operation.besides = device;
	return operation;
}

} // namespace

std::vector<MachineOperation> made_operations()
{
	constexpr auto idle = &TestBed::idle;
	constexpr auto bare = &TestBed::bare;

	return {
		of(bare, "attach-made", "binds an accelerator, which makes its region",
		   Start::BareUnbound, bind_bare<true>, true),
		of(bare, "detach-made", "unbinds an accelerator that has made its region",
		   Start::BareMade, bind_bare<false>),
		of(idle, "allot", "writes dpa_size of an expander's decoder", Start::Everything,
		   write_step<Describe::Dpa>),
		of(idle, "make-region", "writes create_ram_region", Start::Allotted,
		   write_step<Describe::Make>),
		of(idle, "place-region", "writes size of a region", Start::Grained,
		   write_step<Describe::Size>),
		of(idle, "target-region", "writes target0 of a region", Start::Placed,
		   write_step<Describe::Target>),
		of(idle, "commit-made", "writes 1 to commit of a region that is described",
		   Start::Targeted, write_step<Describe::Commit>),
		of(idle, "bind-made", "binds a region that userspace made", Start::Committed,
		   write_step<Describe::Bind>, true),
		of(idle, "uncommit-made", "writes 0 to commit of a region that userspace made",
		   Start::Offered, uncommit_made),
		of(idle, "delete-made", "deletes a region that userspace made", Start::Offered,
		   delete_made),
		of(idle, "unbind-idle", "unbinds an expander that a region was made of",
		   Start::Offered, unbind_idle),
	};
}

} // namespace cxla
