// SPDX-License-Identifier: GPL-2.0-only
#include "made_up_root.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

namespace cxla::test
{

namespace fs = std::filesystem;

namespace
{

void put(std::string &bytes, size_t at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes.at(at + i) = static_cast<char>(value >> (8 * i));
}

const std::string host_bridge_path = "/sys/devices/pci0000:0c";

/* 0000:0d:00.0 is below the first root port, 0000:0c:00.0, and so on */
unsigned root_port_of(const std::string &bdf)
{
	return static_cast<unsigned>(std::stoul(bdf.substr(5, 2), nullptr, 16)) - 0xd;
}

void attributes(MadeUpRoot &made, const std::string &path,
		std::initializer_list<std::pair<const char *, std::string>> all)
{
	for (const auto &[name, value] : all)
		made.file(path + "/" + name, value + "\n");
}

} // namespace

MadeUpRoot::MadeUpRoot()
{
	std::string name = fs::temp_directory_path() / "cxla-test-XXXXXX";

	if (!mkdtemp(name.data()))
		throw std::runtime_error("no temporary folder");
	folder_ = name;
	/* for the test that reads as somebody else than root */
	fs::permissions(folder_, fs::perms(0755));
}

MadeUpRoot::~MadeUpRoot()
{
	std::error_code ignored;

	fs::remove_all(folder_, ignored);
}

void MadeUpRoot::dir(const std::string &path)
{
	fs::create_directories(folder_ + path);
}

void MadeUpRoot::file(const std::string &path, const std::string &content)
{
	fs::create_directories(fs::path(folder_ + path).parent_path());
	std::ofstream(folder_ + path, std::ios::binary) << content;
}

void MadeUpRoot::link(const std::string &path, const std::string &target)
{
	fs::path from = fs::path(folder_ + path);

	fs::create_directories(from.parent_path());
	fs::remove(from);
	fs::create_symlink(fs::path(folder_ + target).lexically_relative(from.parent_path()), from);
}

void MadeUpRoot::remove(const std::string &path)
{
	fs::remove_all(folder_ + path);
}

std::string MadeUpRoot::read(const std::string &path) const
{
	std::ifstream in(folder_ + path, std::ios::binary);

	return {std::istreambuf_iterator<char>(in), {}};
}

void MadeUpRoot::add_kernel()
{
	file("/proc/sys/kernel/osrelease", "6.12.0-test\n");
	file("/proc/sys/kernel/random/boot_id", "boot-1\n");
	file("/proc/iomem", "00001000-0009fbff : System RAM\n"
			    "690000000-78fffffff : CXL Window 0\n"
			    "  690000000-6afffffff : Soft Reserved\n");
	file("/sys/bus/pci/drivers_autoprobe", "1\n");
	file("/sys/bus/pci/drivers_probe", "");
	dir("/sys/bus/pci/devices");
	dir("/sys/bus/platform/devices");
	dir("/run/cxla");
}

void MadeUpRoot::add_platform()
{
	file(cedt_path, make_cedt());
	file("/sys/devices/platform/ACPI0017:00/driver_override", "(null)\n");
	link("/sys/bus/platform/devices/ACPI0017:00", "/sys/devices/platform/ACPI0017:00");
}

void MadeUpRoot::add_device(const std::string &bdf)
{
	std::string path = device_path(bdf);

	file(path + "/vendor", "0x8086\n");
	file(path + "/device", "0x0d93\n");
	file(path + "/class", "0x050210\n");
	file(path + "/driver_override", "(null)\n");
	file(path + "/config", make_config());
	link("/sys/bus/pci/devices/" + bdf, path);
}

void MadeUpRoot::bind(const std::string &bus, const std::string &device, const std::string &driver)
{
	std::string driver_path = "/sys/bus/" + bus + "/drivers/" + driver;

	file(driver_path + "/bind", "");
	file(driver_path + "/unbind", "");
	link(driver_path + "/" + device, "/sys/bus/" + bus + "/devices/" + device);
	link("/sys/bus/" + bus + "/devices/" + device + "/driver", driver_path);
}

void MadeUpRoot::add_module(const std::string &name, int refcount)
{
	file("/sys/module/" + name + "/initstate", "live\n");
	file("/sys/module/" + name + "/refcnt", fmt::format("{}\n", refcount));
	dir("/sys/module/" + name + "/holders");
}

void MadeUpRoot::add_attached(unsigned count)
{
	const std::string root0 = "/sys/devices/platform/ACPI0017:00/root0";
	const std::string bus = "/sys/bus/cxla/devices/", port = root0 + "/port1";

	for (const char *name : our_modules)
		add_module(name);
	bind("platform", "ACPI0017:00", "cxla_acpi");
	attributes(*this, root0, {{"devtype", "cxl_port"}});
	link(root0 + "/uport", "/sys/devices/platform/ACPI0017:00");
	link(root0 + "/dport12", host_bridge_path);
	link(bus + "root0", root0);
	attributes(*this, root0 + "/decoder0.0",
		   {{"devtype", "cxl_decoder_root"},
		    {"start", "0x690000000"},
		    {"size", "0x100000000"},
		    {"locked", "0"},
		    {"target_list", "12"},
		    {"interleave_ways", "1"},
		    {"interleave_granularity", "256"},
		    {"cap_ram", "1"}});
	link(bus + "decoder0.0", root0 + "/decoder0.0");
	attributes(*this, port,
		   {{"devtype", "cxl_port"}, {"decoders_committed", fmt::format("{}", count)}});
	link(port + "/uport", host_bridge_path);
	link(bus + "port1", port);
	bind("cxla", "port1", "cxla_port");

	for (unsigned i = 0; i < count; i++) {
		std::string bdf = fmt::format("0000:{:02x}:00.0", 0xd + i);
		std::string start = fmt::format("{:#x}", 0x690000000 + i * 0x20000000ULL);
		std::string end = fmt::format("{:#x}", 0x690000000 + (i + 1) * 0x20000000ULL - 1);
		std::string region = fmt::format("region{}", i), memdev = fmt::format("mem{}", i);
		std::string endpoint = fmt::format("endpoint{}", i + 2);
		std::string decoder = fmt::format("decoder{}.0", i + 2);
		std::string above = fmt::format("decoder1.{}", i);

		add_device(bdf);
		link(fmt::format("{}/dport{}", port, i),
		     fmt::format("{}/0000:0c:{:02x}.0", host_bridge_path, i));
		bind("pci", bdf, accel_driver);
		file(device_path(bdf) + "/driver_override", "cxla_accel\n");
		attributes(*this, device_path(bdf) + "/cxla",
			   {{"state", "attached"},
			    {"reason", "none"},
			    {"error", "0"},
			    {"range", start + "-" + end},
			    {"accel", fmt::format("accel{}", i)}});
		attributes(*this, device_path(bdf) + "/" + memdev,
			   {{"serial", fmt::format("{:#x}", i + 1)},
			    {"numa_node", "-1"},
			    {"ram/size", "0x20000000"}});
		link(bus + memdev, device_path(bdf) + "/" + memdev);
		bind("cxla", memdev, "cxla_mem");
		attributes(*this, port + "/" + above,
			   {{"devtype", "cxl_decoder_switch"},
			    {"start", start},
			    {"size", "0x20000000"},
			    {"locked", "0"},
			    {"target_list", fmt::format("{}", i)},
			    {"interleave_ways", "1"},
			    {"interleave_granularity", "256"},
			    {"target_type", "accelerator"},
			    {"region", region}});
		link(bus + above, port + "/" + above);
		attributes(*this, port + "/" + endpoint,
			   {{"devtype", "cxl_port"}, {"decoders_committed", "1"}});
		link(port + "/" + endpoint + "/uport", device_path(bdf) + "/" + memdev);
		link(bus + endpoint, port + "/" + endpoint);
		bind("cxla", endpoint, "cxla_port");
		attributes(*this, port + "/" + endpoint + "/" + decoder,
			   {{"devtype", "cxl_decoder_endpoint"},
			    {"start", start},
			    {"size", "0x20000000"},
			    {"locked", i ? "1" : "0"},
			    {"target_type", "accelerator"},
			    {"mode", "ram"},
			    {"dpa_resource", "0x0"},
			    {"dpa_size", "0x20000000"},
			    {"interleave_ways", "1"},
			    {"interleave_granularity", "256"},
			    {"region", region}});
		link(bus + decoder, port + "/" + endpoint + "/" + decoder);
		attributes(*this, root0 + "/decoder0.0/" + region,
			   {{"resource", start},
			    {"size", "0x20000000"},
			    {"interleave_ways", "1"},
			    {"interleave_granularity", "256"},
			    {"mode", "ram"},
			    {"commit", "1"},
			    {"locked", "1"},
			    {"uuid", ""},
			    {"target0", decoder}});
		link(bus + region, root0 + "/decoder0.0/" + region);
		bind("cxla", region, "cxla_region");
	}
}

void MadeUpRoot::add_virtual_machine()
{
	add_kernel();
	add_platform();
	add_attached(2);
	file("/sys/bus/cxla/flush", "");
	file("/sys/class/dmi/id/sys_vendor", "QEMU\n");
	file("/dev/kmsg", "");
}

void MadeUpRoot::refuse(unsigned index, const std::string &reason)
{
	const std::string root0 = "/sys/devices/platform/ACPI0017:00/root0";
	std::string device = device_path(fmt::format("0000:{:02x}:00.0", 0xd + index));

	file(device + "/cxla/state", "pci-only\n");
	file(device + "/cxla/reason", reason + "\n");
	file(device + "/cxla/range", "\n");
	remove(fmt::format("{}/mem{}", device, index));
	remove(fmt::format("/sys/bus/cxla/devices/mem{}", index));
	remove(fmt::format("{}/port1/endpoint{}", root0, index + 2));
	remove(fmt::format("/sys/bus/cxla/devices/endpoint{}", index + 2));
	remove(fmt::format("/sys/bus/cxla/devices/decoder{}.0", index + 2));
	remove(fmt::format("{}/decoder0.0/region{}", root0, index));
	remove(fmt::format("/sys/bus/cxla/devices/region{}", index));
	file(fmt::format("{}/port1/decoder1.{}/region", root0, index), "\n");
}

void MadeUpRoot::make_expander(unsigned index)
{
	std::string bdf = fmt::format("0000:{:02x}:00.0", 0xd + index);

	remove("/sys/bus/pci/drivers/cxla_accel/" + bdf);
	remove(device_path(bdf) + "/cxla");
	file(device_path(bdf) + "/driver_override", "cxla_pci\n");
	bind("pci", bdf, expander_driver);
}

void MadeUpRoot::add_intree(const std::string &bdf, bool region, bool locked)
{
	const std::string root0 = "/sys/devices/platform/ACPI0017:00/root0";
	const std::string endpoint = root0 + "/port1/endpoint2", bus = "/sys/bus/cxl/devices/";

	add_module("cxl_acpi");
	add_module("cxl_pci");
	add_module("cxl_mem");
	bind("platform", "ACPI0017:00", "cxl_acpi");
	bind("pci", bdf, "cxl_pci");
	file(device_path(bdf) + "/mem0/serial", "0x1\n");
	link(bus + "mem0", device_path(bdf) + "/mem0");
	bind("cxl", "mem0", "cxl_mem");
	dir(root0);
	link(bus + "root0", root0);
	dir(endpoint);
	link(endpoint + "/uport", device_path(bdf) + "/mem0");
	link(bus + "endpoint2", endpoint);
	attributes(*this, endpoint + "/decoder2.0",
		   {{"devtype", "cxl_decoder_endpoint"},
		    {"start", "0x690000000"},
		    {"size", "0x20000000"},
		    {"locked", locked ? "1" : "0"},
		    {"interleave_ways", "1"},
		    {"interleave_granularity", "256"},
		    {"region", region ? "region0" : ""}});
	link(bus + "decoder2.0", endpoint + "/decoder2.0");
	if (!region)
		return;
	attributes(*this, root0 + "/decoder0.0/region0",
		   {{"resource", "0x690000000"},
		    {"size", "0x20000000"},
		    {"interleave_ways", "1"},
		    {"commit", "1"}});
	link(bus + "region0", root0 + "/decoder0.0/region0");
}

void MadeUpRoot::add_hmem(const std::string &driver)
{
	const std::string name = "hmem_platform.0", path = "/sys/devices/platform/" + name;

	file(path + "/driver_override", "(null)\n");
	link("/sys/bus/platform/devices/" + name, path);
	if (!driver.empty())
		bind("platform", name, driver);
}

void MadeUpRoot::add_dax(const std::string &name, const std::string &parent, uint64_t start,
			 const std::string &driver)
{
	std::string above = "/sys/devices/platform/hmem_platform.0/" + parent;

	if (parent.starts_with("dax_region"))
		above = "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region" +
			parent.substr(10) + "/" + parent;
	dir(above);
	if (parent.starts_with("dax_region")) {
		link("/sys/bus/cxla/devices/" + parent, above);
		bind("cxla", parent, "cxla_dax_region");
	} else {
		link("/sys/bus/platform/devices/" + parent, above);
	}
	attributes(*this, above + "/" + name,
		   {{"resource", fmt::format("{:#x}", start)}, {"size", "536870912"}});
	link("/sys/bus/dax/devices/" + name, above + "/" + name);
	if (!driver.empty())
		bind("dax", name, driver);
}

void MadeUpRoot::add_ledger(const std::string &lines)
{
	file("/sys/kernel/debug/cxla/ledger", lines);
}

std::string make_cedt()
{
	std::string table(36 + 32 + 40, '\0');

	table.replace(0, 4, "CEDT");
	put(table, 4, table.size(), 4);
	put(table, 8, 1, 1);
	/* CHBS */
	put(table, 36 + 2, 32, 2);
	put(table, 36 + 4, 12, 4);
	put(table, 36 + 8, 1, 4);
	put(table, 36 + 16, 0x680000000, 8);
	put(table, 36 + 24, 0x10000, 8);
	/* CFMWS */
	put(table, 68, 1, 1);
	put(table, 68 + 2, 40, 2);
	put(table, 68 + 8, 0x690000000, 8);
	put(table, 68 + 16, 0x100000000, 8);
	put(table, 68 + 32, 0xf, 2);
	put(table, 68 + 36, 12, 4);

	uint8_t sum = 0;

	for (char c : table)
		sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
	put(table, 9, static_cast<uint8_t>(-sum), 1);
	return table;
}

std::string make_config(bool mem, unsigned ranges, uint64_t size)
{
	std::string config(4096, '\0');

	put(config, 0, 0x0d938086, 4);
	/* AER first, so that the chain has to be followed */
	put(config, 0x100, 0x20010001U, 4);
	put(config, 0x200, 0x30010023U, 4);
	put(config, 0x204, 0x03811e98U, 4);
	put(config, 0x208, 0, 2);
	/* Mem_Enable, and a link that trained with CXL.mem */
	put(config, 0x20c, 4, 2);
	put(config, 0x300, 0x00010023U, 4);
	put(config, 0x304, 0x02011e98U, 4);
	put(config, 0x308, 7, 2);
	put(config, 0x30e, 6, 2);
	put(config, 0x20a, 0x2U | (mem ? 4U : 0U) | ranges << 4, 2);
	put(config, 0x218, size >> 32, 4);
	put(config, 0x21c, (size & 0xf0000000) | 3, 4);
	return config;
}

std::string device_path(const std::string &bdf)
{
	return fmt::format("{}/0000:0c:{:02x}.0/{}", host_bridge_path, root_port_of(bdf), bdf);
}

} // namespace cxla::test
