// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an actor of a race does to a file, and what may come of it. Whatever else
 * comes of it is a finding.
 */
#pragma once

#include "sys/batch.h"

#include <map>
#include <string>

namespace cxla
{

enum class Action {
	Unbind,       /* a device from its driver */
	BindAccel,    /* an accelerator: without a range it is bound, too */
	BindExpander, /* without a root it has nothing to do, and is bound, too */
	BindRoot,     /* the CXL root */
	BindOther,    /* port, endpoint, memdev, region: declined while it is ending */
	DeleteRegion,
	DeleteLocked, /* somebody is attached */
	Uncommit,     /* 0 written to commit */
	UncommitLocked,
	Commit,         /* 1: done already, more often than not */
	ChangeRegion,   /* size, targetN ...: always refused */
	MakeRegion,     /* create_ram_region */
	DescribeRegion, /* dpa_size of a decoder, size, targetN ... of what userspace made */
	OnLoss,
	OnLossWrong, /* a word that there is not */
	ReadAttribute,
	OpenNode, /* /dev/cxla/accelN */
	AskNode,  /* CXLA_IOC_INFO */
	PollNode,
	ReadNode, /* events */
	MapNode,
	TouchNode, /* EFAULT stands for SIGBUS */
	UnloadModule,
	LoadModule,
	RemoveDevice, /* from the PCI bus */
	Rescan,
	SetOverride, /* driver_override of what came back */
	UnbindHmem,  /* hmem_platform */
	BindHmem,
	UnbindDax, /* a dax region of ours, or a dax device */
	BindDax,
};

const char *action_name(Action action);
/* @err is 0 for success; @opened: the file was there, and opened */
bool is_allowed(Action action, bool opened, int err);
/* done, it makes, ends or changes objects of the kernel */
bool makes_a_change(Action action);
/* EBUSY; `done` for 0; the number for those without a name here */
std::string errno_name(int err);

/* how often which errno came of it; 0: success */
using Outcomes = std::map<int, uint64_t>;

} // namespace cxla
