// SPDX-License-Identifier: GPL-2.0-only
#include "stress/trigger.h"

#include "cxl/object_names.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/named.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace cxla
{

namespace
{

int reset_function(const TestBed &bed, OperationSpan &span)
{
	Fd fd(::open(bed.root.host(pci_device(bed.accel) + "/reset").c_str(),
		     O_WRONLY | O_CLOEXEC));

	if (!fd)
		return errno;
	span.begin();

	int err = ::write(fd.get(), "1", 1) < 0 ? errno : 0;

	span.end();
	return err;
}

/* it takes firmware to come back from, so that no other command does it */
constexpr MachineOperation reset_operation = {"reset",
					      "resets an accelerator's function, decoders and all",
					      Start::Everything, reset_function};

Trigger one(const char *name, Trigger::Side side, std::vector<int> errors)
{
	Trigger trigger;

	trigger.operation = find_operation(name);
	if (!trigger.operation)
		throw Error(fmt::format("the trigger {} is no operation", name));
	trigger.side = side;
	trigger.errors = std::move(errors);
	return trigger;
}

Trigger forgetting(Trigger trigger)
{
	trigger.forgets = true;
	return trigger;
}

Trigger refused(Trigger trigger)
{
	trigger.alone = EBUSY;
	return trigger;
}

bool ends_root(Start start)
{
	return start == Start::RootUnbound || start == Start::WithoutRoot ||
	       start == Start::PortUnbound;
}

/*
 * ENODEV: bound to nothing, or going already. EBUSY: somebody else is at it. ENXIO: on
 * its way out. EAGAIN, EEXIST: a module that is in use, or there.
 */
std::vector<Trigger> make_triggers()
{
	using enum Trigger::Side;

	std::vector<Trigger> all = {
		one("attach", Accel, {ENODEV, EBUSY}),
		one("detach", Accel, {ENODEV}),
		one("remove-device", Accel, {ENODEV}),
		one("rescan", Accel, {}),
		one("unbind-memdev", Accel, {ENODEV}),
		one("unbind-endpoint", Accel, {ENODEV}),
		one("unbind-locked-region", Accel, {ENODEV}),
		refused(one("delete-locked-region", Accel, {ENODEV})),
		refused(one("uncommit-locked", Accel, {ENODEV, ENXIO})),
		one("mmap", Accel, {ENODEV, ENXIO, EFAULT}),
		one("unbind-port", Above, {ENODEV}),
		one("bind-port", Above, {ENODEV, EBUSY, ENXIO, EAGAIN}),
		one("unbind-root", Above, {ENODEV}),
		one("bind-root", Above, {ENODEV, EBUSY}),
		one("remove-root", Above, {ENOENT, EBUSY, EAGAIN}),
		one("return-root", Above, {EEXIST, EBUSY}),
		one("unbind-expander", Expander, {ENODEV}),
		one("unbind-expander-endpoint", Expander, {ENODEV}),
		one("unbind-region", Expander, {ENODEV}),
		one("bind-region", Expander, {ENODEV, EBUSY, ENXIO, EAGAIN}),
		one("delete-region", Expander, {ENODEV, EBUSY}),
		forgetting(one("uncommit", Expander, {ENODEV, EBUSY, ENXIO})),
		forgetting(one("commit", Expander, {ENODEV, EBUSY, ENXIO})),
		one("attach-made", Made, {ENODEV, EBUSY}),
		one("detach-made", Made, {ENODEV}),
		one("make-region", Made, {ENODEV, EBUSY, ENXIO}),
		one("place-region", Made, {ENODEV, EBUSY, ENXIO, ENOSPC}),
		one("target-region", Made, {ENODEV, EBUSY, ENXIO, EINVAL}),
		one("commit-made", Made, {ENODEV, EBUSY, ENXIO}),
		one("bind-made", Made, {ENODEV, EBUSY, ENXIO, EAGAIN}),
		one("uncommit-made", Made, {ENODEV, EBUSY, ENXIO}),
		one("delete-made", Made, {ENODEV, EBUSY}),
		one("unbind-idle", Made, {ENODEV}),
	};
	Trigger reset = forgetting(one("detach", Accel, {ENODEV}));

	reset.operation = &reset_operation;
	all.push_back(reset);
	return all;
}

} // namespace

const std::vector<Trigger> &triggers()
{
	static const std::vector<Trigger> all = make_triggers();

	return all;
}

const Trigger *find_trigger(std::string_view name)
{
	return find_named(triggers(), &Trigger::name, name);
}

bool is_allowed(const Trigger &trigger, bool opened, int err)
{
	if (err == trigger.alone)
		return true;
	if (!opened && (err == ENOENT || err == ENODEV || err == ENXIO))
		return true;
	return std::find(trigger.errors.begin(), trigger.errors.end(), err) != trigger.errors.end();
}

PairStart start_of(const Trigger &first, const Trigger *second)
{
	Start a = first.operation->start;
	Start b = second ? second->operation->start : Start::Everything;

	/* what binds while what is above it returns, in either order */
	if (a == Start::AccelUnbound && ends_root(b))
		return {b, a};
	if (b == Start::AccelUnbound && ends_root(a))
		return {a, b};
	if (a != Start::Everything)
		return {a, {}};
	/* what the second acts upon is in its state, as long as the first has its own */
	if (b == Start::AccelUnbound && first.side != Trigger::Side::Accel)
		return {b, {}};
	if (second && second->side == Trigger::Side::Made && first.side != Trigger::Side::Made)
		return {b, {}};
	if (b == Start::Uncommitted && first.side != Trigger::Side::Expander)
		return {b, {}};
	return {};
}

} // namespace cxla
