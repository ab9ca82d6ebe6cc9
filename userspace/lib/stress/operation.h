// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations: everything that a user, a driver or firmware does to what an attach
 * hangs on, one by one. Each has a state of the machine that it starts from, and
 * is repeatable: the machine can be brought to that state again, whatever came of
 * it.
 */
#pragma once

#include "cxl/machine.h"

namespace cxla
{

/* the thing itself lies between the two calls, and as little else as possible */
class OperationSpan
{
public:
	virtual ~OperationSpan() = default;
	virtual void begin() {}
	virtual void end() {}
};

/* a device of ours as it was in the beginning */
struct TestBedDevice {
	std::string bdf;
	std::string driver;
	std::string on_loss; /* of an accelerator */
	std::string outcome; /* state and range, or what its regions are */
};

/* what operations are done to */
struct TestBed {
	Root root;
	std::vector<TestBedDevice> devices;
	std::vector<std::string> roots;             /* ACPI0017:NN that are bound to us */
	std::map<std::string, std::string> modules; /* name to file */
	std::string accel;                          /* attached; empty: there is none */
	std::string bridge;   /* what the port above it is of, e.g. pci0000:0c */
	std::string expander; /* has a region that is not locked; empty: there is none */
	std::string hmem;     /* hmem_platform.0, bound to cxla_hmem; empty: it is not */
	std::string idle;     /* expander that regions can be described of; empty: none */
	std::string bare;     /* accelerator of which nothing is committed; empty: none */
};

/* @program_dir: where modules are looked for, too */
TestBed find_test_bed(const Root &root, const Machine &machine, const std::string &program_dir);

/* states that operations start from */
enum class Start {
	Everything, /* all as it was in the beginning */
	AccelUnbound,
	AccelRemoved,
	ExpanderUnbound,
	MemdevUnbound, /* the expander's */
	RegionUnbound, /* the expander's, from cxla_region */
	Uncommitted,   /* the expander's region */
	PortUnbound,
	RootUnbound,
	WithoutRoot, /* cxla_acpi removed, drivers bound */
	NoModule,    /* modules up to and without the one that is named, no device bound */
	Core,
	Port,
	Mem,
	Acpi,
	Accel,
	Pci,
	Hmem,
	Dax,
	HmemUnbound, /* hmem_platform */
	BareUnbound, /* the bare accelerator, whose next attach makes a region */
	BareMade,    /* ... has made it */
	/* a region of the idle expander is described, up to ... */
	Allotted,  /* its memory */
	Made,      /* its name */
	Grained,   /* ways and granularity */
	Placed,    /* its addresses */
	Targeted,  /* its member */
	Committed, /* in hardware */
	Offered,   /* to device-dax */
};

/* the port above the accelerator, whether that is there or not; empty: there is none */
std::string port_of(const TestBed &bed);
/* nothing is on its way any more: those who lost a range have been told */
void settle(const TestBed &bed);
/* what can't be brought there a snapshot shows; @bed's modules are loaded as needed */
void bring_to(const TestBed &bed, Start start);
/* the first device that is not as it was in the beginning; empty: all are */
std::string missing_at_rest(const TestBed &bed);

struct MachineOperation {
	const char *name;
	const char *does;
	Start start;
	/* 0, or an errno; in the calling thread */
	int (*act)(const TestBed &bed, OperationSpan &span);
	/*
	 * Function of a module of ours, run by its workqueue, that the operation sets off and
	 * that is what is of interest here; null: it is the calling thread's doing.
	 */
	const char *worker = nullptr;
	/* short of memory it may do less than all and still succeed; what it then left
	 * undone the next one does */
	bool in_part = false;
	/* what the kernel makes of ENOMEM before it gets to the caller; 0: nothing */
	int instead = 0;
	/* needs Soft Reserved ranges, and that cxla_hmem and cxla_dax are loaded */
	bool hmem = false;
	/* that the worker's function is of */
	const char *worker_module = "cxla_core";
	/* device that it needs besides: idle, or bare; null: none */
	std::string TestBed::*besides = nullptr;
	/* why no allocation of it may fail; null: each may */
	const char *spared = nullptr;
};

const std::vector<MachineOperation> &operations();
/* those about regions that are made: operation_made.cpp */
std::vector<MachineOperation> made_operations();
/* the write itself, of an attribute that is opened before; 0, or an errno */
int write_attribute(const Root &root, OperationSpan &span, const std::string &path,
		    const std::string &value);
const MachineOperation *find_operation(std::string_view name);
/* why operations can't be done here; empty: they can */
std::string missing_from(const TestBed &bed);
/* why this one can't be */
std::string missing_for(const TestBed &bed, const MachineOperation &operation);

} // namespace cxla
