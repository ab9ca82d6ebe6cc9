// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/accel.h"

#include "sys/error.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

namespace cxla
{

namespace
{

void read_lock(Accelerator &accel, const Topology &ours)
{
	if (!accel.range)
		return;

	const Node *region = ours.region_of(*accel.range);

	if (!region)
		return;
	accel.locked = region->locked();
	if (!accel.locked.value_or(false))
		return;

	std::vector<std::string> why, by;

	for (const Node *decoder : ours.members(region->name))
		if (decoder->locked().value_or(false))
			why.push_back(decoder->name + " is hardware-locked");
	if (!why.empty())
		by.emplace_back("decoder");
	if (region->parent >= 0) {
		const Node &window = ours.nodes[static_cast<size_t>(region->parent)];

		if (window.locked().value_or(false)) {
			why.push_back("window " + window.name + " is fixed");
			by.emplace_back("window");
		}
	}
	if (accel.attached()) {
		why.emplace_back("attached");
		by.emplace_back("attach");
	}
	accel.lock_by = fmt::format("{}", fmt::join(by, ", "));
	accel.lock_why = fmt::format("{}", fmt::join(why, ", "));
}

} // namespace

bool is_our_pci_driver(std::string_view driver)
{
	return driver == accel_driver || driver == expander_driver;
}

Accelerator read_accelerator(const Root &root, const std::string &bdf, const Topology &ours)
{
	Accelerator accel;
	std::string folder = "/sys/bus/pci/devices/" + bdf;
	auto driver = bound_driver(root, folder);

	accel.bdf = bdf;
	if (!driver)
		accel.problems.push_back(driver.problem());
	accel.driver = driver.value_or("");
	accel.accel = root.text(folder + "/cxla/accel");
	accel.state = root.text(folder + "/cxla/state");
	accel.reason = root.text(folder + "/cxla/reason");
	accel.error = root.number(folder + "/cxla/error");

	auto range = root.text(folder + "/cxla/range");

	if (range && !range->empty()) {
		accel.range = parse_range(*range);
		if (!accel.range)
			accel.problems.push_back({folder + "/cxla/range", 0,
						  fmt::format("not a range: '{:.60}'", *range)});
	}
	if (accel.driver == accel_driver) {
		for (const auto *reading : {&accel.accel, &accel.state, &accel.reason, &range})
			if (!*reading)
				accel.problems.push_back(reading->problem());
	}
	for (const auto &name : root.list(folder).value_or({}))
		if (name.starts_with("mem") &&
		    name.find_first_not_of("0123456789", 3) == name.npos && name.size() > 3)
			accel.memdev = name;
	read_lock(accel, ours);
	return accel;
}

std::vector<std::string> bound_to(const Root &root, const std::string &driver)
{
	std::vector<std::string> bound;

	for (const auto &name : root.list("/sys/bus/pci/drivers/" + driver).value_or({}))
		if (parse_bdf(name) == name)
			bound.push_back(name);
	return bound;
}

std::vector<Accelerator> read_accelerators(const Root &root, const Topology &ours)
{
	std::vector<Accelerator> accels;

	for (const auto &bdf : bound_to(root, accel_driver))
		accels.push_back(read_accelerator(root, bdf, ours));
	return accels;
}

std::string resolve_device(const Root &root, const std::string &name)
{
	const char *hint = "`cxla status --table` lists what there is";

	if (auto bdf = parse_bdf(name)) {
		if (!root.exists("/sys/bus/pci/devices/" + *bdf))
			throw Error(fmt::format("there is no PCI device {} in /sys/bus/pci/devices",
						*bdf),
				    hint, Exit::Refused);
		return *bdf;
	}
	if (name.starts_with("accel")) {
		for (const auto &bdf : bound_to(root, accel_driver))
			if (root.text("/sys/bus/pci/devices/" + bdf + "/cxla/accel").value_or("") ==
			    name)
				return bdf;
		throw Error(fmt::format("no device bound to cxla_accel is {}", name), hint,
			    Exit::Refused);
	}
	if (name.starts_with("mem")) {
		for (const auto &bdf : root.list("/sys/bus/pci/devices").value_or({}))
			if (name.find('/') == name.npos &&
			    root.exists("/sys/bus/pci/devices/" + bdf + "/" + name))
				return bdf;
		throw Error(fmt::format("no PCI device has a memdev {}", name), hint,
			    Exit::Refused);
	}
	throw Error(fmt::format("'{}' is no PCI address, accelN or memN", name),
		    "PCI addresses look like 0000:0d:00.0", Exit::Usage);
}

Mapping::~Mapping()
{
	if (!bytes_.empty())
		munmap(bytes_.data(), bytes_.size());
}

AccelNode::AccelNode(const Root &root, const std::string &accel, bool writable)
    : path_("/dev/cxla/" + accel),
      fd_(::open(root.host(path_).c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC))
{
	if (fd_)
		return;

	int err = errno;

	throw Error(fmt::format("opening {}: {}", path_, std::strerror(err)),
		    err == ENOENT   ? "is devtmpfs mounted on /dev?"
		    : err == EACCES ? "run as root: the node is for root only"
				    : "");
}

cxla_accel_info AccelNode::info() const
{
	cxla_accel_info info{};

	info.size = sizeof(info);
	if (ioctl(fd_.get(), CXLA_IOC_INFO, &info) < 0)
		throw Error(fmt::format("CXLA_IOC_INFO on {}: {}", path_, std::strerror(errno)),
			    "program and modules must be of the same version");
	return info;
}

Mapping AccelNode::map(size_t length, bool writable) const
{
	void *address = mmap(nullptr, length, writable ? PROT_READ | PROT_WRITE : PROT_READ,
			     MAP_SHARED, fd_.get(), 0);

	if (address == MAP_FAILED)
		throw Error(fmt::format("mapping {} bytes of {}: {}", length, path_,
					std::strerror(errno)),
			    "only an attached accelerator has a range to map: `cxla status`");
	return Mapping(address, length);
}

const char *phase_name(unsigned phase)
{
	static constexpr std::array<const char *, CXLA_NR_PHASES> names = {
		"memdev-add", "port-enum", "decoder-parse", "region-assembly", "attach"};

	return phase < names.size() ? names[phase] : "?";
}

const char *state_name(uint32_t state)
{
	switch (state) {
	case CXLA_ACCEL_PCI_ONLY:
		return "pci-only";
	case CXLA_ACCEL_ATTACHED:
		return "attached";
	case CXLA_ACCEL_REVOKED:
		return "revoked";
	default:
		return "?";
	}
}

} // namespace cxla
