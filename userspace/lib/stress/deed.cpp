// SPDX-License-Identifier: GPL-2.0-only
#include "stress/deed.h"

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
	Deed deed;
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
 * EOPNOTSUPP: the platform can't make caches let go of the range.
 * EAGAIN: the driver core is about to add the device, and will probe it then. Of a
 * module: it is in use. EEXIST, ENOENT of one: it is loaded; what it needs is not.
 */
const std::array rules = {
	Rule{Deed::Unbind, "unbind", false, true, {ENODEV}},
	Rule{Deed::BindAccel, "bind accelerator", false, true, {ENODEV, EBUSY, EAGAIN}},
	Rule{Deed::BindExpander, "bind expander", false, true, {ENODEV, EBUSY, EAGAIN}},
	Rule{Deed::BindRoot, "bind root", false, true, {ENODEV, EBUSY}},
	Rule{Deed::BindOther, "bind", false, true, {ENODEV, EBUSY, ENXIO, EAGAIN}},
	Rule{Deed::DeleteRegion, "delete_region", true, true, {ENODEV, EBUSY}},
	Rule{Deed::DeleteLocked, "delete_region, locked", true, false, {ENODEV, EBUSY}},
	Rule{Deed::Uncommit, "commit=0", true, true, {ENODEV, EBUSY, ENXIO, EOPNOTSUPP}},
	Rule{Deed::UncommitLocked,
	     "commit=0, locked",
	     true,
	     false,
	     {ENODEV, EBUSY, ENXIO, EOPNOTSUPP}},
	Rule{Deed::Commit, "commit=1", true, true, {ENODEV, EBUSY, ENXIO}},
	Rule{Deed::ChangeRegion, "change region", true, false, {ENODEV, EBUSY}},
	Rule{Deed::OnLoss, "on_loss", true, true, {ENODEV}},
	Rule{Deed::OnLossWrong, "wrong on_loss", true, false, {ENODEV, EINVAL}},
	Rule{Deed::ReadAttribute, "read", true, true, {ENODEV}},
	Rule{Deed::OpenNode, "open", true, true, {ENOENT, ENODEV, ENXIO}},
	Rule{Deed::AskNode, "ioctl", true, true, {ENODEV}},
	Rule{Deed::PollNode, "poll", true, true, {}},
	Rule{Deed::ReadNode, "events", true, true, {EAGAIN}},
	Rule{Deed::MapNode, "mmap", true, true, {ENODEV, ENXIO}},
	Rule{Deed::TouchNode, "touch", true, true, {EFAULT}},
	Rule{Deed::UnloadModule, "unload", true, true, {ENOENT, EBUSY, EAGAIN}},
	Rule{Deed::LoadModule, "load", true, true, {ENOENT, EBUSY, EEXIST}},
	Rule{Deed::RemoveDevice, "remove", true, true, {ENODEV}},
	Rule{Deed::Rescan, "rescan", false, true, {}},
	Rule{Deed::SetOverride, "driver_override", true, true, {ENODEV}},
	Rule{Deed::UnbindHmem, "unbind hmem", false, true, {ENODEV}},
	Rule{Deed::BindHmem, "bind hmem", false, true, {ENODEV, EBUSY}},
	Rule{Deed::UnbindDax, "unbind dax", true, true, {ENODEV}},
	Rule{Deed::BindDax, "bind dax", true, true, {ENODEV, EBUSY, ENXIO, EAGAIN}},
};

const Rule &rule_of(Deed deed)
{
	return *std::find_if(rules.begin(), rules.end(),
			     [=](const Rule &rule) { return rule.deed == deed; });
}

} // namespace

const char *deed_name(Deed deed)
{
	return rule_of(deed).name;
}

bool is_allowed(Deed deed, bool opened, int err)
{
	const Rule &rule = rule_of(deed);

	if (!opened)
		return rule.transient && (err == ENOENT || err == ENODEV || err == ENXIO);
	if (!err)
		return rule.success;
	return std::find(rule.errors.begin(), rule.errors.end(), err) != rule.errors.end();
}

bool makes_a_change(Deed deed)
{
	switch (deed) {
	case Deed::DeleteLocked:
	case Deed::UncommitLocked:
	case Deed::ChangeRegion:
	case Deed::OnLoss:
	case Deed::OnLossWrong:
	case Deed::ReadAttribute:
	case Deed::OpenNode:
	case Deed::AskNode:
	case Deed::PollNode:
	case Deed::ReadNode:
	case Deed::TouchNode:
	case Deed::SetOverride:
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
