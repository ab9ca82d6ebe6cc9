// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/pci.h"

#include "sys/fd.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

extern "C" {
#include "pure/block_regs.h"
}

namespace cxla
{

namespace
{

constexpr unsigned extended_start = 0x100, extended_end = 0x1000;
constexpr unsigned ext_cap_serial = 0x03, ext_cap_dvsec = 0x23;
constexpr unsigned cxl_vendor = 0x1e98, cxl_device_dvsec = 0, flex_bus_dvsec = 7;
constexpr unsigned dvsec_header1 = 4, dvsec_header2 = 8, dvsec_control = 0xc, dvsec_range = 0x18,
		   dvsec_range_size = 0x10, flex_bus_status = 0xc;

/* configuration space, read where it is needed and not as a whole */
class Config
{
public:
	Config(const Root &root, std::string path)
	    : path_(std::move(path)), fd_(::open(root.host(path_).c_str(), O_RDONLY | O_CLOEXEC))
	{
		if (!fd_)
			problem_ = errno_problem(path_, errno);
	}

	/* nothing at the end of what can be read, and after any error */
	std::optional<uint32_t> dword(unsigned offset)
	{
		uint8_t b[4];

		if (!fd_ || problem_)
			return std::nullopt;

		ssize_t n = pread(fd_.get(), b, sizeof(b), offset);

		if (n < 0)
			problem_ = errno_problem(path_, errno);
		if (n != sizeof(b))
			return std::nullopt;
		return get_unaligned_le32(b);
	}

	const std::optional<Problem> &problem() const { return problem_; }
	const std::string &path() const { return path_; }

private:
	std::string path_;
	Fd fd_;
	std::optional<Problem> problem_;
};

std::optional<CxlDvsec> decode_dvsec(Config &config, unsigned at)
{
	auto header2 = config.dword(at + dvsec_header2);
	CxlDvsec dvsec;

	if (!header2)
		return std::nullopt;

	auto cap = static_cast<uint16_t>(*header2 >> 16);

	if (cap == 0xffff)
		return std::nullopt;
	dvsec.cache = cap & 1;
	dvsec.io = cap & 2;
	dvsec.mem = cap & 4;
	dvsec.reset = cap & 0x80;

	int count = cxl_dvsec_range_count(cap);

	dvsec.range_count = count < 0 ? 0 : static_cast<unsigned>(count);
	dvsec.mem_enable = config.dword(at + dvsec_control).value_or(0) & 4;
	for (unsigned i = 0; i < dvsec.range_count; i++) {
		unsigned base = at + dvsec_range + i * dvsec_range_size;
		auto size_high = config.dword(base), size_low = config.dword(base + 4);
		auto base_high = config.dword(base + 8), base_low = config.dword(base + 12);
		cxl_dvsec_range range{};

		if (!size_high || !size_low || !base_high || !base_low)
			break;
		if (cxl_dvsec_range_decode(*size_high, *size_low, *base_high, *base_low, &range))
			continue;
		if (!range.valid)
			continue;
		dvsec.capacity += range.size;
		dvsec.memory_active = dvsec.memory_active.value_or(true) && range.active;
		/* a base of 0 is what a device with HDM decoders leaves there */
		if (range.active && range.base)
			if (auto mapped = range_of(range.base, range.size))
				dvsec.mapped.push_back(*mapped);
	}
	return dvsec;
}

/* vendor's serial number; both halves all zeros or all ones are none */
std::optional<uint64_t> decode_serial(Config &config, unsigned at)
{
	auto low = config.dword(at + 4), high = config.dword(at + 8);

	if (!low || !high)
		return std::nullopt;

	uint64_t serial = static_cast<uint64_t>(*high) << 32 | *low;

	if (!serial || serial == UINT64_MAX)
		return std::nullopt;
	return serial;
}

bool is_cxl_dvsec(Config &config, unsigned at, unsigned id)
{
	auto header1 = config.dword(at + dvsec_header1), header2 = config.dword(at + dvsec_header2);

	return header1 && header2 && (*header1 & 0xffff) == cxl_vendor && (*header2 & 0xffff) == id;
}

/* CXL 3.1 section 8.1.8.3: the status is the upper half of the word with the control */
std::optional<FlexBus> decode_flex_bus(Config &config, unsigned at)
{
	auto word = config.dword(at + flex_bus_status);

	if (!word || *word == ~0U)
		return std::nullopt;
	return FlexBus{(*word >> 16 & 1) != 0, (*word >> 17 & 1) != 0, (*word >> 18 & 1) != 0};
}

/* walks the extended capabilities, which may be a loop; the first of each kind counts */
void read_capabilities(Config &config, PciDevice &device)
{
	unsigned at = extended_start;
	std::optional<FlexBus> link;

	for (unsigned steps = 0; steps < (extended_end - extended_start) / 8; steps++) {
		auto header = config.dword(at);

		if (!header || !*header || *header == ~0U)
			break;
		if ((*header & 0xffff) == ext_cap_serial && !device.serial)
			device.serial = decode_serial(config, at);
		bool dvsec = (*header & 0xffff) == ext_cap_dvsec;

		if (dvsec && !device.cxl && is_cxl_dvsec(config, at, cxl_device_dvsec))
			device.cxl = decode_dvsec(config, at);
		if (dvsec && !link && is_cxl_dvsec(config, at, flex_bus_dvsec))
			link = decode_flex_bus(config, at);
		at = *header >> 20 & ~3U;
		if (at < extended_start)
			break;
	}
	if (device.cxl)
		device.cxl->link = link;
}

/* /sys/devices/pci0000:0c/0000:0c:00.0/0000:0d:00.0, from the end */
std::vector<std::string> read_above(const Root &root, const PciDevice &device)
{
	std::vector<std::string> parts = split(root.resolve(device.path()).value_or(""), '/');
	std::vector<std::string> above;

	for (size_t i = parts.empty() ? 0 : parts.size() - 1; i-- > 0;) {
		bool bridge = parts[i].starts_with("pci");

		if (!bridge && parse_bdf(parts[i]) != parts[i])
			break;
		above.push_back(parts[i]);
		if (bridge)
			break;
	}
	return above;
}

} // namespace

/* the kernel shows "(null)" where there is none */
std::string read_override(const Root &root, const std::string &device_path)
{
	std::string text = root.text(device_path + "/driver_override").value_or("");

	return text == "(null)" ? "" : text;
}

const PciDevice *PciBus::find(const std::string &bdf) const
{
	auto is = [&](const PciDevice &device) { return device.bdf == bdf; };
	auto found = std::find_if(devices.begin(), devices.end(), is);

	return found == devices.end() ? nullptr : &*found;
}

Reading<std::string> bound_driver(const Root &root, const std::string &device_path)
{
	auto driver = root.link_name(device_path + "/driver");

	/* the device has no driver; but if the device is gone, say so */
	if (driver.absent() && root.exists(device_path))
		return std::string();
	return driver;
}

PciDevice read_pci_device(const Root &root, const std::string &bdf)
{
	PciDevice device;

	device.bdf = bdf;
	device.vendor = root.text(device.path() + "/vendor");
	device.device = root.text(device.path() + "/device");
	device.class_code = root.text(device.path() + "/class");
	device.driver = bound_driver(root, device.path()).value_or("");
	device.driver_override = read_override(root, device.path());
	device.above = read_above(root, device);

	Config config(root, device.path() + "/config");

	/* 64 bytes are for everybody; what lies beyond reads as end of file */
	if (config.dword(0) && !config.dword(0x40) && !config.problem())
		device.config_problem = Problem{
			config.path(), EPERM, "extended configuration space is shown to root only"};
	else
		read_capabilities(config, device);
	if (config.problem())
		device.config_problem = config.problem();
	return device;
}

PciBus read_pci(const Root &root)
{
	PciBus bus;
	auto names = root.list("/sys/bus/pci/devices");

	if (!names) {
		bus.problem = names.problem();
		return bus;
	}
	bus.drivers = root.list("/sys/bus/pci/drivers").value_or({});
	for (const auto &name : *names) {
		bus.devices.push_back(read_pci_device(root, name));
		const auto &problem = bus.devices.back().config_problem;

		bus.extended_hidden |= problem && problem->err == EPERM;
	}
	return bus;
}

std::optional<std::string> parse_bdf(std::string_view text)
{
	std::string in(text);
	unsigned domain = 0, bus = 0, slot = 0, function = 0;
	int end = 0;

	if (in.find_first_not_of("0123456789abcdefABCDEF:.") != in.npos)
		return std::nullopt;
	/* a failed match may have stored some fields */
	if (std::sscanf(in.c_str(), "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) !=
		    4 ||
	    static_cast<size_t>(end) != in.size()) {
		domain = 0;
		end = 0;
		if (std::sscanf(in.c_str(), "%2x:%2x.%1x%n", &bus, &slot, &function, &end) != 3 ||
		    static_cast<size_t>(end) != in.size())
			return std::nullopt;
	}
	if (slot > 31 || function > 7)
		return std::nullopt;
	return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, slot, function);
}

} // namespace cxla
