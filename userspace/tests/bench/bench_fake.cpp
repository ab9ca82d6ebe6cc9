// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_fake.h"

#include "bench/bench_before.h"
#include "cxl/accel.h"
#include "sys/error.h"

#include <fmt/format.h>

namespace cxla::test
{

namespace
{

const std::string root0 = "/sys/devices/platform/ACPI0017:00/root0";

/* what was sent to the device since it was bound, and its end when it is not any more */
class FakeListener : public Listener
{
public:
	FakeListener(FakeMachine &machine, std::string bdf) : machine_(machine), bdf_(bdf) {}

	Heard heard() override
	{
		Heard heard;

		/* the one who appeared is the one who was bound last */
		if (bdf_.empty())
			bdf_ = machine_.writes.back().substr(machine_.writes.back().rfind(' ') + 1);
		if (auto accel =
			    machine_.root().text("/sys/bus/pci/devices/" + bdf_ + "/cxla/accel"))
			heard.accel = *accel;
		else
			heard.end_ns = machine_.now() + 500;

		if (!machine_.appears.empty())
			heard.accel = machine_.appears;

		auto events = machine_.events_of(bdf_);

		if (machine_.change_events)
			machine_.change_events(events);
		for (const auto &event : events)
			heard.events.push_back({event, event.time_ns + 20});
		return heard;
	}

private:
	FakeMachine &machine_;
	std::string bdf_;
};

} // namespace

FakeMachine::FakeMachine(MadeUpRoot &made, unsigned count)
    : BenchMachine(made.root()), made_(made), count_(count)
{
	for (unsigned i = 0; i < count; i++) {
		std::string bdf = bdf_of(i);

		made_.file(device_path(bdf) + "/cxla/on_loss", default_on_loss + "\n");
		ranges_[bdf] = made_.read(device_path(bdf) + "/cxla/range");
		event(bdf, CXLA_EVENT_ATTACH, 1);
	}
}

std::string FakeMachine::bdf_of(unsigned index)
{
	return fmt::format("0000:{:02x}:00.0", 0xd + index);
}

std::string FakeMachine::bdf_of_accel(const std::string &accel) const
{
	for (const auto &[bdf, range] : ranges_)
		if (root().text("/sys/bus/pci/devices/" + bdf + "/cxla/accel").value_or("") ==
		    accel)
			return bdf;
	return {};
}

void FakeMachine::make_expander(unsigned index)
{
	made_.make_expander(index);
	made_.file(fmt::format("{}/decoder0.0/region{}/locked", root0, index), "0\n");
}

std::string FakeMachine::state() const
{
	std::string text;

	for (unsigned i = 0; i < count_; i++) {
		std::string bdf = bdf_of(i), path = device_path(bdf);

		text += fmt::format(
			"{} {} {}", bdf, root().link_name(path + "/driver").value_or("no driver"),
			root().exists(fmt::format("/sys/bus/cxla/devices/region{}", i)));
		for (const char *file : {"accel", "state", "range", "on_loss"})
			text += " " + root().text(path + "/cxla/" + file).value_or("-");
		text += "\n";
	}
	return text;
}

uint64_t FakeMachine::now()
{
	std::lock_guard guard(lock_);

	return clock_;
}

std::optional<uint64_t> FakeMachine::idle()
{
	return waiting ? std::optional(idle_) : std::nullopt;
}

void FakeMachine::write(const std::string &path, const std::string &value)
{
	std::lock_guard guard(lock_);
	uint64_t start = clock_;

	writes.push_back(path + " " + value);
	if (writes.size() == failing_write)
		throw Error("made to fail");
	if (!root().exists(path))
		throw Error(path + ": No such file or directory");
	clock_ += cost(path);
	if (waiting)
		idle_ += waiting(path);
	react(path, value, start);
}

void FakeMachine::react(const std::string &path, const std::string &value, uint64_t start)
{
	for (const char *driver : {accel_driver, expander_driver}) {
		std::string link = fmt::format("/sys/bus/pci/drivers/{}/{}", driver, value);

		if (path == pci_driver_file(driver, "unbind")) {
			if (!root().exists(link))
				throw Error(value + " is not bound");
			made_.remove(link);
			made_.remove(device_path(value) + "/driver");
			detach(value, start + 10);
		} else if (path == pci_driver_file(driver, "bind")) {
			if (root().exists(link))
				throw Error(value + " is bound");
			made_.bind("pci", value, driver);
			if (driver == std::string(accel_driver))
				attach(value, start + 10);
			else
				assemble(value);
		}
	}
	if (path == "/sys/bus/cxla/drivers/cxla_mem/unbind")
		for (unsigned i = 0; i < count_; i++)
			if (value == fmt::format("mem{}", i)) {
				event(bdf_of(i), CXLA_EVENT_REVOKE, start + 10);
				event(bdf_of(i), CXLA_EVENT_DETACH, start + 30);
				made_.file(device_path(bdf_of(i)) + "/cxla/state", "pci-only\n");
				made_.file(device_path(bdf_of(i)) + "/cxla/range", "\n");
			}
	if (path.ends_with("/on_loss"))
		made_.file(path, value + "\n");
	if (path.ends_with("/delete_region"))
		set_region(static_cast<unsigned>(std::stoul(value.substr(6))), false);
}

void FakeMachine::set_region(unsigned index, bool there)
{
	std::string name = fmt::format("region{}", index);
	std::string link = "/sys/bus/cxla/devices/" + name;

	if (there)
		made_.link(link, root0 + "/decoder0.0/" + name);
	else
		made_.remove(link);
	made_.file(fmt::format("{0}/port1/endpoint{1}/decoder{1}.0/region", root0, index + 2),
		   there ? name + "\n" : "\n");
}

void FakeMachine::assemble(const std::string &bdf)
{
	for (unsigned i = 0; i < count_; i++)
		if (bdf == bdf_of(i))
			set_region(i, true);
}

void FakeMachine::attach(const std::string &bdf, uint64_t time)
{
	std::string folder = device_path(bdf) + "/cxla";
	unsigned number = 0;

	while (!bdf_of_accel(fmt::format("accel{}", number)).empty())
		number++;
	made_.file(folder + "/accel", fmt::format("accel{}\n", number));
	made_.file(folder + "/state", state_of_new + "\n");
	made_.file(folder + "/reason", "none\n");
	made_.file(folder + "/range", ranges_[bdf]);
	made_.file(folder + "/on_loss", default_on_loss + "\n");
	events_[bdf].clear();
	event(bdf, CXLA_EVENT_ATTACH, time);
}

void FakeMachine::detach(const std::string &bdf, uint64_t time)
{
	if (root().text(device_path(bdf) + "/cxla/state").value_or("") == "attached")
		event(bdf, CXLA_EVENT_REVOKE, time);
	made_.remove(device_path(bdf) + "/cxla");
}

void FakeMachine::event(const std::string &bdf, uint32_t type, uint64_t time)
{
	cxla_event event{};

	event.type = type;
	event.time_ns = time;
	events_[bdf].push_back(event);
}

cxla_accel_info FakeMachine::info(const std::string &accel)
{
	std::string state =
		root().text(device_path(bdf_of_accel(accel)) + "/cxla/state").value_or("");
	cxla_accel_info info{};

	info.state = state == "attached" ? CXLA_ACCEL_ATTACHED : CXLA_ACCEL_PCI_ONLY;
	info.record = record;
	if (change_info)
		change_info(info);
	return info;
}

std::unique_ptr<Listener> FakeMachine::listen_to(const std::string &accel, uint32_t)
{
	return std::make_unique<FakeListener>(*this, bdf_of_accel(accel));
}

std::unique_ptr<Listener> FakeMachine::listen_to_next(uint32_t)
{
	return std::make_unique<FakeListener>(*this, "");
}

std::shared_ptr<void> FakeMachine::populate(const std::string &, unsigned pages)
{
	populated.push_back(pages);
	return std::make_shared<unsigned>(pages);
}

} // namespace cxla::test
