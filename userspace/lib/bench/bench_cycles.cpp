// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_cycles.h"

#include "bench/bench_before.h"
#include "cxl/expander.h"
#include "cxl/reason.h"
#include "cxl/upstream.h"
#include "load/attach.h"
#include "sys/error.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

std::string device_folder(const std::string &bdf)
{
	return "/sys/bus/pci/devices/" + bdf;
}

std::string accel_of(const Root &root, const std::string &bdf)
{
	return root.text(device_folder(bdf) + "/cxla/accel").value_or("");
}

/* something happened after @start, which is what made it happen */
uint64_t since(uint64_t start, uint64_t time, const char *what)
{
	if (time < start)
		throw Error(
			fmt::format("{} is {} ns older than what caused it", what, start - time),
			"clocks of the kernel and of this program differ: this is a bug");
	return time - start;
}

const char *event_name(uint32_t type)
{
	switch (type) {
	case CXLA_EVENT_ATTACH:
		return "attach";
	case CXLA_EVENT_REVOKE:
		return "revoke";
	case CXLA_EVENT_DETACH:
		return "detach";
	default:
		return "overflow";
	}
}

std::string event_names(const std::vector<uint32_t> &types)
{
	std::vector<std::string> names;

	names.reserve(types.size());
	for (uint32_t type : types)
		names.emplace_back(event_name(type));
	return fmt::format("{}", fmt::join(names, ", "));
}

/* a node is new with each bind, so that these are all events it has had */
void need_events(const Heard &heard, const std::vector<uint32_t> &wanted)
{
	std::vector<uint32_t> types;

	types.reserve(heard.events.size());
	for (const auto &one : heard.events)
		types.push_back(one.event.type);
	if (types != wanted)
		throw Error(fmt::format("events of {}: {}, not {}", heard.accel,
					types.empty() ? "none" : event_names(types),
					event_names(wanted)),
			    "somebody else may have changed what is above the device meanwhile");
}

/* until the event at @index was sent, and until it was read */
void record_event(BenchResult *result, const Heard &heard, size_t index, uint64_t start,
		  const std::string &name)
{
	const HeardEvent &one = heard.events.at(index);
	uint64_t sent = since(start, one.event.time_ns, "an event");
	uint64_t read = since(start, one.read_ns, "the reading of an event");

	if (!result)
		return;
	result->record(name + "_sent", sent);
	result->record(name + "_read", read);
}

/* @cycle is told whether it is measured: null while warming up */
template <class Cycle>
BenchResult over_and_over(BenchSubject subject, const BenchRequest &request, Cycle cycle)
{
	BenchResult result(std::move(subject), request.cycles);

	for (unsigned done = 0; done < request.all(); done++) {
		bool measured = done >= request.warmup;

		cycle(measured ? &result : nullptr);
		if (measured)
			result.cycle_done();
		if (!request.tell(done + 1))
			break;
	}
	return result;
}

/* from when it is made: how long something takes, and how much of that nobody worked */
class Stopwatch
{
public:
	explicit Stopwatch(BenchMachine &machine) : machine_(machine)
	{
		machine.fall_out_of_step();
		idle_ = machine.idle();
		start_ = end_ = machine.now();
	}

	void stop()
	{
		end_ = machine_.now();
		if (idle_)
			idle_ = machine_.idle().value_or(0) - *idle_;
	}

	uint64_t start() const { return start_; }
	uint64_t end() const { return end_; }

	void record(BenchResult *result, const std::string &name) const
	{
		uint64_t all = end_ - start_;

		if (!result)
			return;
		result->record(name, all);
		if (!idle_)
			return;
		result->record(name + "_work", all - std::min(*idle_, all));
		result->record(name + "_wait", *idle_);
	}

private:
	BenchMachine &machine_;
	std::optional<uint64_t> idle_; /* before, then meanwhile */
	uint64_t start_, end_;
};

/*
 * All of a bind, part by part: what the driver core does before and after the driver's probe,
 * what the driver does before and after the attach, and the attach by the kernel's record.
 */
void record_parts(BenchResult &result, const cxla_accel_info &info, uint64_t start, uint64_t end)
{
	auto part = [&](const char *name, uint64_t from, uint64_t to) {
		result.record(phase_prefix + std::string(name), since(from, to, name));
	};

	/* a kernel module of before tells no times */
	if (!info.times.probe_ns) {
		result.record(info.record);
		return;
	}
	part("driver-core", start, info.times.probe_ns);
	part("set-up", info.times.probe_ns, info.times.attach_ns);
	result.record(info.record);
	part("publish", info.times.attached_ns, info.times.ready_ns);
	part("return", info.times.ready_ns, end);
}

/* a driver in the portable form stays bound without one */
void need_range(const Root &root, const Stack &stack, const std::string &bdf)
{
	if (!stack.outcome(root, bdf).attached())
		throw Error(fmt::format("{} came up without a range", bdf),
			    fmt::format("dmesg has what {} said", stack.driver(Driver::Accel)));
}

/* the only member of a region that nothing locks; null: there is none */
const Membership *deletable(const Expander &expander, const Topology &ours)
{
	for (const auto &member : expander.regions) {
		const Node *region = ours.find(member.region);

		if (region && member.ways == 1 && region->parent >= 0 &&
		    !region->locked().value_or(true))
			return &member;
	}
	return nullptr;
}

} // namespace

BenchDevice attached_device(const Root &root, const std::string &bdf)
{
	Accelerator accel = read_accelerator(root, bdf, {});

	if (accel.driver != accel_driver || !accel.attached())
		throw Error(fmt::format("{} is not attached ({})", bdf,
					accel.driver == accel_driver
						? accel.state.value_or("?") + ", " +
							  accel.reason.value_or("?")
						: "driver is not cxla_accel"),
			    fmt::format("`cxla attach {}` first", bdf), Exit::Refused);
	need_unused(root, accel);
	return {bdf, accel_driver};
}

BenchDevice attached_device(const Root &root, const std::shared_ptr<const Stack> &stack,
			    const std::string &bdf)
{
	const std::string &driver = stack->driver(Driver::Accel);

	if (stack->can(Ability::Node))
		return attached_device(root, bdf);
	if (BindOutcome outcome = stack->outcome(root, bdf); !outcome.attached())
		throw Error(fmt::format("{} is not attached: its driver is {}", bdf,
					outcome.driver.empty() ? "none" : outcome.driver),
			    fmt::format("write {0} to driver_override, and the device to {1}",
					driver, stack->driver_file(Driver::Accel, "bind")),
			    Exit::Refused);
	return {bdf, driver, false, stack};
}

void need_deletable_region(const Root &root, const std::string &bdf)
{
	Topology ours = read_topology(root, "cxla");
	Expander expander = read_expander(root, bdf, ours);

	if (expander.driver != expander_driver)
		throw Error(fmt::format("{} is no memory expander: it is bound to {}", bdf,
					expander.driver.empty() ? "no driver" : expander.driver),
			    fmt::format("regions of accelerators are locked; `cxla detach {0}` and "
					"`cxla attach --expander {0}` make it one",
					bdf),
			    Exit::Refused);
	if (!deletable(expander, ours))
		throw Error(fmt::format("{} has no region that is not locked and of which it is "
					"the only member",
					bdf),
			    "`cxla status` shows its regions", Exit::Refused);
}

void unbind_once(BenchMachine &machine, const BenchDevice &device)
{
	machine.write(pci_driver_file(device.driver, "unbind"), device.bdf);
}

void bind_once(BenchMachine &machine, const BenchDevice &device, BenchResult *result, bool listen)
{
	/*
	 * What the unbind set off runs a moment later. The in-tree stack's releases whoever is
	 * bound by then: this bind, and the range with it.
	 */
	if (device.stack)
		flush(machine.root(), *device.stack);

	auto listener = listen ? machine.listen_to_next(CXLA_EVENT_ATTACH) : nullptr;
	Stopwatch watch(machine);

	machine.write(pci_driver_file(device.driver, "bind"), device.bdf);
	watch.stop();
	if (!device.tells) {
		if (device.stack)
			need_range(machine.root(), *device.stack, device.bdf);
		watch.record(result, "bind");
		return;
	}

	std::string accel = accel_of(machine.root(), device.bdf);
	cxla_accel_info info = machine.info(accel);

	if (info.state != CXLA_ACCEL_ATTACHED)
		throw Error(fmt::format("{} came up {}: {}", device.bdf, state_name(info.state),
					reason_by_number(info.reason).word),
			    std::string(reason_by_number(info.reason).todo));
	if (result)
		record_parts(*result, info, watch.start(), watch.end());
	watch.record(result, "bind");
	if (!listener)
		return;

	Heard heard = listener->heard();

	if (heard.accel != accel)
		throw Error(
			fmt::format("{} appeared, and {} is {}", heard.accel, device.bdf, accel),
			"somebody else binds devices meanwhile");
	need_events(heard, {CXLA_EVENT_ATTACH});
	record_event(result, heard, 0, watch.start(), "event");
}

BenchResult bench_attach(BenchMachine &machine, const BenchDevice &device,
			 const BenchRequest &request)
{
	return over_and_over({.address = device.bdf}, request, [&](BenchResult *result) {
		unbind_once(machine, device);
		bind_once(machine, device, result, device.tells);
	});
}

BenchResult bench_detach(BenchMachine &machine, const BenchDevice &device,
			 const BenchRequest &request)
{
	return over_and_over({.address = device.bdf}, request, [&](BenchResult *result) {
		auto listener = device.tells
					? machine.listen_to(accel_of(machine.root(), device.bdf), 0)
					: nullptr;
		Stopwatch watch(machine);

		unbind_once(machine, device);
		watch.stop();
		watch.record(result, "unbind");
		if (listener) {
			Heard heard = listener->heard();

			need_events(heard, {CXLA_EVENT_ATTACH, CXLA_EVENT_REVOKE});
			record_event(result, heard, 1, watch.start(), "revoke");

			uint64_t end =
				since(watch.start(), heard.end_ns.value_or(0), "the end of events");

			if (result)
				result->record("end_read", end);
		}
		bind_once(machine, device, nullptr);
	});
}

BenchResult bench_revoke(BenchMachine &machine, const BenchDevice &device, unsigned pages,
			 const BenchRequest &request)
{
	BenchSubject subject{.address = device.bdf};

	if (pages)
		subject.pages = pages;
	return over_and_over(subject, request, [&](BenchResult *result) {
		Accelerator accel = read_accelerator(machine.root(), device.bdf, {});
		std::string node = accel.accel.value_or("");

		/* not unbound, as then there is no detach event, nor attached again at once */
		machine.write(device_folder(device.bdf) + "/cxla/on_loss", "pci-only");

		auto mapping = pages ? machine.populate(node, pages) : nullptr;
		auto listener = machine.listen_to(node, CXLA_EVENT_DETACH);
		Stopwatch watch(machine);

		machine.write("/sys/bus/cxla/drivers/cxla_mem/unbind", accel.memdev);
		watch.stop();

		Heard heard = listener->heard();

		mapping.reset();
		need_events(heard, {CXLA_EVENT_ATTACH, CXLA_EVENT_REVOKE, CXLA_EVENT_DETACH});
		watch.record(result, "unbind");
		record_event(result, heard, 1, watch.start(), "revoke");
		record_event(result, heard, 2, watch.start(), "detach");
		unbind_once(machine, device);
		bind_once(machine, device, nullptr);
	});
}

BenchResult bench_delete(BenchMachine &machine, const std::string &bdf, const BenchRequest &request)
{
	const BenchDevice device{bdf, expander_driver, false};

	return over_and_over({.address = bdf}, request, [&](BenchResult *result) {
		Topology ours = read_topology(machine.root(), "cxla");
		Expander expander = read_expander(machine.root(), bdf, ours);
		const Membership *member = deletable(expander, ours);

		if (!member)
			throw Error(fmt::format("{} has no region to delete any more", bdf));

		const Node *region = ours.find(member->region);
		const Node &window = ours.nodes[static_cast<size_t>(region->parent)];
		Stopwatch watch(machine);

		machine.write("/sys/bus/cxla/devices/" + window.name + "/delete_region",
			      region->name);
		watch.stop();
		watch.record(result, "delete");
		/* what was deleted is assembled again with its endpoint */
		unbind_once(machine, device);
		bind_once(machine, device, nullptr);
	});
}

} // namespace cxla
