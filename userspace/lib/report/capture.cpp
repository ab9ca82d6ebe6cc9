// SPDX-License-Identifier: GPL-2.0-only
#include "report/capture.h"

#include "report/status.h"
#include "sys/fd.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

namespace cxla
{

namespace
{

constexpr size_t config_bytes = 4096;
constexpr unsigned first_extended = 0x100;
/* CXL.cachemem of a component register block, CXL 3.1 section 8.2.4 */
constexpr size_t block_cachemem = 0x1000, cachemem_bytes = 0x1000;
constexpr uint32_t register_locator = 8;

uint32_t config_dword(const std::string &config, size_t at)
{
	uint32_t value = ~0U;

	if (at + 4 <= config.size())
		std::memcpy(&value, config.data() + at, 4);
	return value;
}

/* the place of a DVSEC of the CXL consortium; 0: there is none */
size_t find_cxl_dvsec(const std::string &config, uint32_t id)
{
	size_t at = first_extended;

	for (size_t steps = 0; at >= first_extended && steps < config_bytes / 8; steps++) {
		uint32_t header = config_dword(config, at);

		if (!header || header == ~0U)
			break;
		if ((header & 0xffff) == 0x23 &&
		    (config_dword(config, at + 4) & 0xffff) == 0x1e98 &&
		    (config_dword(config, at + 8) & 0xffff) == id)
			return at;
		at = header >> 20 & ~3U;
	}
	return 0;
}

class Collector
{
public:
	Collector(const Root &root, Capture &capture) : root_(root), capture_(capture) {}

	void add(const std::string &path, bool names = false)
	{
		auto problem = capture_.tree.add(root_, path, names);

		/* what is not there is no news; what is hidden is */
		if (problem && problem->err != ENOENT)
			miss(problem->path, problem->what);
	}
	void miss(const std::string &what, const std::string &why)
	{
		Capture::Missing missing{what, why};

		if (std::find(capture_.missing.begin(), capture_.missing.end(), missing) ==
		    capture_.missing.end())
			capture_.missing.push_back(std::move(missing));
	}
	/* attributes of a folder, and of folders in it down to @depth */
	void add_attributes(const std::string &path_of_folder, unsigned depth)
	{
		const std::string folder = root_.resolve(path_of_folder).value_or(path_of_folder);
		const auto &entries = capture_.tree.entries();

		add(path_of_folder);
		add(folder, true);
		for (const auto &name : root_.list(folder).value_or({})) {
			std::string path = folder + "/" + name;
			auto entry = entries.find(path);

			/* CDAT is read from the device; the rest of these are no attributes */
			if (name == "CDAT" || name == "uevent" || name == "config" ||
			    name == "remove" || name == "rescan" || name.starts_with("resource"))
				continue;
			if (entry == entries.end())
				continue;
			if (entry->second.kind == TreeEntry::Kind::File)
				add_attribute(path);
			else if (entry->second.kind == TreeEntry::Kind::Folder && depth)
				add_attributes(path, depth - 1);
		}
	}
	void add_devices(const std::string &bus)
	{
		std::string folder = "/sys/bus/" + bus + "/devices";

		if (!root_.exists(folder))
			return;
		add(folder, true);
		for (const auto &name : root_.list(folder).value_or({}))
			add_attributes(folder + "/" + name, 1);
	}
	void add_tables()
	{
		const std::string folder = "/sys/firmware/acpi/tables";

		for (const auto &name : root_.list(folder).value_or({}))
			for (const char *wanted : {"CEDT", "SRAT", "HMAT", "DSDT", "SSDT"})
				if (name.starts_with(wanted))
					add(folder + "/" + name);
		for (const auto &name : root_.list("/sys/bus/acpi/devices").value_or({}))
			if (name.starts_with("ACPI0016") || name.starts_with("ACPI0017"))
				add_attributes("/sys/bus/acpi/devices/" + name, 0);
	}
	/* what reads of configuration space would wake is left asleep */
	bool is_awake(const std::string &device)
	{
		std::string status = root_.text(device + "/power/runtime_status").value_or("");
		std::string state = root_.text(device + "/power_state").value_or("unknown");

		add(device + "/power/runtime_status");
		add(device + "/power_state");
		if (status != "suspended" && status != "suspending" && state != "D3cold" &&
		    state != "D3hot")
			return true;
		miss(device, fmt::format("powered down ({}{}{})", status, state.empty() ? "" : ", ",
					 state));
		return false;
	}
	void add_function(const std::string &bdf, bool cxl)
	{
		const std::string device = "/sys/bus/pci/devices/" + bdf;

		for (const char *name :
		     {"resource", "numa_node", "reset_method", "enable", "current_link_speed",
		      "current_link_width", "max_link_speed", "subsystem_vendor",
		      "subsystem_device", "revision"})
			add(device + "/" + name);
		if (!is_awake(device)) {
			capture_.tree.entries().erase(
				root_.resolve(device + "/config").value_or(""));
			return;
		}
		add(device + "/config");
		if (cxl)
			add_registers(bdf, root_.read(device + "/config").value_or(""));
	}
	void add_bridges(const Machine &machine)
	{
		if (!machine.cedt)
			return;
		for (const auto &bridge : machine.cedt->bridges)
			keep_registers(fmt::format("hostbridge-{}", bridge.uid), "/dev/mem",
				       bridge.base + block_cachemem);
	}

private:
	/* one that has nothing to say, or is for writing, says so by an error that is not told */
	void add_attribute(const std::string &path) { capture_.tree.add(root_, path); }

	void add_registers(const std::string &bdf, const std::string &config)
	{
		size_t locator = find_cxl_dvsec(config, register_locator);

		if (!locator)
			return;
		if (!(config_dword(config, 4) & 2)) {
			miss("component registers of " + bdf, "it does not decode memory");
			return;
		}

		size_t entries = ((config_dword(config, locator + 4) >> 20) - 0xc) / 8;

		for (size_t i = 0; i < entries && i < 32; i++) {
			uint32_t low = config_dword(config, locator + 0xc + 8 * i);
			uint32_t high = config_dword(config, locator + 0x10 + 8 * i);

			if ((low >> 8 & 0xff) != 1)
				continue;
			keep_registers(
				bdf,
				fmt::format("/sys/bus/pci/devices/{}/resource{}", bdf, low & 7),
				(static_cast<uint64_t>(high) << 32 | (low & 0xffff0000)) +
					block_cachemem);
		}
	}
	/* as the processor reads registers: 32 bits at a time */
	void keep_registers(const std::string &name, const std::string &path, uint64_t offset)
	{
		Fd fd(::open(root_.host(path).c_str(), O_RDONLY | O_SYNC | O_CLOEXEC));
		void *map = MAP_FAILED;
		int error = errno;

		if (fd) {
			map = mmap(nullptr, cachemem_bytes, PROT_READ, MAP_SHARED, fd.get(),
				   static_cast<off_t>(offset));
			error = errno;
		}
		if (map == MAP_FAILED) {
			miss("component registers of " + name,
			     fmt::format("{}: {}", path, std::strerror(error)));
			return;
		}

		std::string registers(cachemem_bytes, '\0');
		const volatile uint32_t *from = static_cast<const volatile uint32_t *>(map);

		for (size_t i = 0; i < cachemem_bytes / 4; i++) {
			uint32_t value = from[i];

			std::memcpy(registers.data() + 4 * i, &value, 4);
		}
		munmap(map, cachemem_bytes);
		capture_.tree.add_file(fmt::format("{}/{}", registers_folder, name),
				       std::move(registers));
	}

	const Root &root_;
	Capture &capture_;
};

/* of other processes nothing is told */
bool is_private(const std::string &path)
{
	return path.starts_with("/proc/") && path.size() > 6 && path[6] >= '0' && path[6] <= '9';
}

/* what the commands read that are to answer from the capture */
std::set<std::string> paths_of_commands(Root root, Capture &capture, const std::string &program_dir)
{
	std::set<std::string> paths;

	root.listen([&](const std::string &path) { paths.insert(path); });
	capture.kernel = root.text("/proc/sys/kernel/osrelease").value_or("");
	capture.modules = find_modules(root, "", capture.kernel, program_dir);

	read_status(root, capture.modules);
	return paths;
}

} // namespace

Capture take_capture(Root root, const std::string &version, const std::string &program_dir)
{
	Capture capture;
	Collector collector(root, capture);

	capture.program = version;
	capture.by_root = root.privileged();
	for (const auto &path : paths_of_commands(root, capture, program_dir))
		if (!is_private(path) && !path.starts_with("/lib/modules/"))
			collector.add(path, true);

	Machine machine = read_machine(root);

	collector.add_tables();
	for (const char *path : {"/proc/cmdline", "/proc/version", "/proc/modules",
				 "/proc/sys/kernel/tainted", "/sys/kernel/debug/cxla/ledger"})
		collector.add(path);
	for (const char *bus : {"cxl", "cxla", "dax"})
		collector.add_devices(bus);

	std::set<std::string> above;

	for (const auto &device : machine.pci.devices)
		if (device.cxl) {
			collector.add_function(device.bdf, true);
			above.insert(device.above.begin(), device.above.end());
		}
	for (const auto &name : above)
		if (parse_bdf(name) == name)
			collector.add_function(name, true);
	collector.add_bridges(machine);
	return capture;
}

} // namespace cxla
