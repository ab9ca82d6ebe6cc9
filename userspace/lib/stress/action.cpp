// SPDX-License-Identifier: GPL-2.0-only
#include "stress/action.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace cxla
{

namespace
{

struct Rule {
	Action action;
	const char *name;
	/* the file comes and goes with a device: then opening it may find nothing */
	bool transient;
	bool success;
	std::initializer_list<int> errors;
};

/*
 * ENODEV: no such device, or not bound, or the file goes while it is written.
 * EBUSY: bound already, locked, ending, or somebody else is at it.
 * ENXIO: what is above the device is missing, or the region is ending.
 * EINVAL, ENOSPC: of a region that somebody else describes, or the others fill.
 * EOPNOTSUPP: the platform can't make caches let go of the range.
 * EAGAIN: the driver core is about to add the device, and will probe it then. Of a
 * module: it is in use. EEXIST, ENOENT of one: it is loaded; what it needs is not.
 */
const std::array rules = {
	Rule{Action::Unbind, "unbind", false, true, {ENODEV}},
	Rule{Action::BindAccel, "bind accelerator", false, true, {ENODEV, EBUSY, EAGAIN}},
	Rule{Action::BindExpander, "bind expander", false, true, {ENODEV, EBUSY, EAGAIN}},
	Rule{Action::BindRoot, "bind root", false, true, {ENODEV, EBUSY}},
	Rule{Action::BindOther, "bind", false, true, {ENODEV, EBUSY, ENXIO, EAGAIN}},
	Rule{Action::DeleteRegion, "delete_region", true, true, {ENODEV, EBUSY}},
	Rule{Action::DeleteLocked, "delete_region, locked", true, false, {ENODEV, EBUSY}},
	Rule{Action::Uncommit, "commit=0", true, true, {ENODEV, EBUSY, ENXIO, EOPNOTSUPP}},
	Rule{Action::UncommitLocked,
	     "commit=0, locked",
	     true,
	     false,
	     {ENODEV, EBUSY, ENXIO, EOPNOTSUPP}},
	Rule{Action::Commit, "commit=1", true, true, {ENODEV, EBUSY, ENXIO}},
	Rule{Action::ChangeRegion, "change region", true, false, {ENODEV, EBUSY}},
	Rule{Action::MakeRegion, "create_ram_region", true, true, {ENODEV, EBUSY, ENXIO}},
	Rule{Action::DescribeRegion,
	     "describe region",
	     true,
	     true,
	     {ENODEV, EBUSY, ENXIO, EINVAL, ENOSPC}},
	Rule{Action::OnLoss, "on_loss", true, true, {ENODEV}},
	Rule{Action::OnLossWrong, "wrong on_loss", true, false, {ENODEV, EINVAL}},
	Rule{Action::ReadAttribute, "read", true, true, {ENODEV}},
	Rule{Action::OpenNode, "open", true, true, {ENOENT, ENODEV, ENXIO}},
	Rule{Action::AskNode, "ioctl", true, true, {ENODEV}},
	Rule{Action::PollNode, "poll", true, true, {}},
	Rule{Action::ReadNode, "events", true, true, {EAGAIN}},
	Rule{Action::MapNode, "mmap", true, true, {ENODEV, ENXIO}},
	Rule{Action::TouchNode, "touch", true, true, {EFAULT}},
	Rule{Action::UnloadModule, "unload", true, true, {ENOENT, EBUSY, EAGAIN}},
	Rule{Action::LoadModule, "load", true, true, {ENOENT, EBUSY, EEXIST}},
	Rule{Action::RemoveDevice, "remove", true, true, {ENODEV}},
	Rule{Action::Rescan, "rescan", false, true, {}},
	Rule{Action::SetOverride, "driver_override", true, true, {ENODEV}},
	Rule{Action::UnbindHmem, "unbind hmem", false, true, {ENODEV}},
	Rule{Action::BindHmem, "bind hmem", false, true, {ENODEV, EBUSY}},
	Rule{Action::UnbindDax, "unbind dax", true, true, {ENODEV}},
	Rule{Action::BindDax, "bind dax", true, true, {ENODEV, EBUSY, ENXIO, EAGAIN}},
};

const Rule &rule_of(Action action)
{
	return *std::find_if(rules.begin(), rules.end(),
			     [=](const Rule &rule) { return rule.action == action; });
}

} // namespace

const char *action_name(Action action)
{
	return rule_of(action).name;
}

bool is_allowed(Action action, bool opened, int err)
{
	const Rule &rule = rule_of(action);

	if (!opened)
		return rule.transient && (err == ENOENT || err == ENODEV || err == ENXIO);
	if (!err)
		return rule.success;
	return std::find(rule.errors.begin(), rule.errors.end(), err) != rule.errors.end();
}

bool makes_a_change(Action action)
{
	switch (action) {
	case Action::DeleteLocked:
	case Action::UncommitLocked:
	case Action::ChangeRegion:
	case Action::OnLoss:
	case Action::OnLossWrong:
	case Action::ReadAttribute:
	case Action::OpenNode:
	case Action::AskNode:
	case Action::PollNode:
	case Action::ReadNode:
	case Action::TouchNode:
	case Action::SetOverride:
		return false;
	default:
		return true;
	}
}

std::string errno_name(int err)
{
	const char *name = err ? strerrorname_np(err) : "done";

	return name ? name : std::to_string(err);
}

} // namespace cxla
