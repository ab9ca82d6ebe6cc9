// SPDX-License-Identifier: GPL-2.0-only
/* What operations are done to, and how it is brought to a state they start from. */
#include "cxl/object_names.h"
#include "cxl/upstream.h"
#include "stress/description.h"
#include "stress/operation.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

bool is_loaded(const TestBed &bed, const std::string &module)
{
	return bed.root.exists("/sys/module/" + module);
}

bool has_driver(const TestBed &bed, const std::string &folder)
{
	return bed.root.exists(folder + "/driver");
}

void insert(const TestBed &bed, const std::string &module)
{
	auto file = bed.modules.find(module);

	if (is_loaded(bed, module) || file == bed.modules.end())
		return;

	Fd fd(::open(file->second.c_str(), O_RDONLY | O_CLOEXEC));

	if (fd && bed.root.real())
		syscall(SYS_finit_module, fd.get(), "", 0);
}

void remove_module(const TestBed &bed, const std::string &module)
{
	if (is_loaded(bed, module) && bed.root.real())
		syscall(SYS_delete_module, module.c_str(), O_NONBLOCK);
}

void unbind(const TestBed &bed, const std::string &bdf)
{
	if (has_driver(bed, pci_device(bdf)))
		bed.root.try_write(pci_device(bdf) + "/driver/unbind", bdf);
}

void set_override(const TestBed &bed, const std::string &bdf, const std::string &driver)
{
	std::string now = bed.root.text(pci_device(bdf) + "/driver_override").value_or("?");

	if (now != driver && !(driver.empty() && now == "(null)"))
		bed.root.try_write(pci_device(bdf) + "/driver_override", driver + "\n");
}

void bind(const TestBed &bed, const TestBedDevice &device)
{
	if (!bed.root.exists(pci_device(device.bdf)))
		bed.root.try_write("/sys/bus/pci/rescan", "1");
	set_override(bed, device.bdf, device.driver);
	if (!has_driver(bed, pci_device(device.bdf)))
		bed.root.try_write("/sys/bus/pci/drivers/" + device.driver + "/bind", device.bdf);
	if (!device.on_loss.empty())
		bed.root.try_write(pci_device(device.bdf) + "/cxla/on_loss", device.on_loss);
}

std::string outcome_of(const TestBed &bed, const TestBedDevice &device)
{
	const Root &root = bed.root;
	std::string folder = pci_device(device.bdf);

	if (root.link_name(folder + "/driver").value_or("") != device.driver)
		return "";

	std::string region = region_of(root, device.bdf), path = bus_device(region);

	if (device.driver == accel_driver)
		return fmt::format("{} {}{}", root.text(folder + "/cxla/state").value_or("?"),
				   root.text(folder + "/cxla/range").value_or("?"),
				   region.empty()
					   ? ""
					   : " driver=" +
						     root.link_name(path + "/driver").value_or(""));
	if (region.empty())
		return "no region";
	return fmt::format("{} commit={} driver={}", root.text(path + "/resource").value_or("?"),
			   root.text(path + "/commit").value_or("?"),
			   root.link_name(path + "/driver").value_or(""));
}

void make_whole(const TestBed &bed, const TestBedDevice &device)
{
	if (outcome_of(bed, device) == device.outcome)
		return;

	std::string region = region_of(bed.root, device.bdf);

	if (!region.empty()) {
		if (device.driver == expander_driver)
			bed.root.try_write(bus_device(region) + "/commit", "1");
		if (!has_driver(bed, bus_device(region)))
			bed.root.try_write("/sys/bus/cxla/drivers/cxla_region/bind", region);
		if (outcome_of(bed, device) == device.outcome)
			return;
	}
	unbind(bed, device.bdf);
	settle(bed);
	bind(bed, device);
}

/* until each range is decided about */
void settle_hmem(const TestBed &bed)
{
	for (int attempt = 0; !bed.hmem.empty() && attempt < 2000; attempt++) {
		auto ledger = read_ledger(bed.root);

		if (!ledger ||
		    std::none_of(ledger->entries.begin(), ledger->entries.end(),
				 [](const LedgerEntry &one) { return one.state == "waiting"; }))
			return;
		std::this_thread::sleep_for(5ms);
	}
}

/* whether attaches make regions */
void let_make(const TestBed &bed, bool make)
{
	const char *wanted = make ? "Y" : "N";

	if (!bed.bare.empty() && bed.root.text(region_creation).value_or(wanted) != wanted)
		bed.root.try_write(region_creation, wanted);
}

/* of the idle expander, with all that comes before */
void bring_described(const TestBed &bed, Start start)
{
	static constexpr std::array steps = {
		std::pair{Describe::Dpa, Start::Allotted},
		std::pair{Describe::Make, Start::Made},
		std::pair{Describe::Ways, Start::Grained},
		std::pair{Describe::Grain, Start::Grained},
		std::pair{Describe::Size, Start::Placed},
		std::pair{Describe::Target, Start::Targeted},
		std::pair{Describe::Commit, Start::Committed},
		std::pair{Describe::Bind, Start::Offered},
	};
	Description now = describe(bed.root, bed.idle);

	for (auto [step, reached] : steps) {
		if (reached > start)
			return;

		AttributeWrite what = now.write_of(bed.root, step);

		if (step == Describe::Make)
			now.region = what.value;
		if (!what.path.empty())
			bed.root.try_write(what.path, what.value);
	}
}

void bring_everything(const TestBed &bed)
{
	let_make(bed, false);
	settle(bed);
	if (!bed.idle.empty())
		end_described(bed.root, {bed.idle});
	/* a range whose device is not bound it may have given away */
	if (std::any_of(bed.devices.begin(), bed.devices.end(), [&](const TestBedDevice &one) {
		    return !has_driver(bed, pci_device(one.bdf));
	    }))
		unbind_hmem(bed.root, bed.hmem);
	for (const char *module : our_modules)
		if (!is_dax_module(module))
			insert(bed, module);
	bind_roots(bed.root, bed.roots);
	bind_ports(bed.root);
	settle(bed);
	for (const auto &device : bed.devices)
		make_whole(bed, device);
	settle(bed);
	for (const char *module : our_modules)
		if (is_dax_module(module))
			insert(bed, module);
	bind_hmem(bed.root, bed.hmem, 2s);
	settle(bed);
}

/* the first @count modules, in the order they are loaded, and no device bound */
void bring_modules(const TestBed &bed, size_t count)
{
	for (const auto &device : bed.devices) {
		unbind(bed, device.bdf);
		/* a driver that is loaded is not to bind them */
		set_override(bed, device.bdf, "");
	}
	settle(bed);
	/* what it decides is to depend on nobody having been there */
	unbind_hmem(bed.root, bed.hmem);
	for (size_t n = our_modules.size(); n-- > count;)
		remove_module(bed, our_modules[n]);
	for (size_t n = 0; n < count; n++)
		insert(bed, our_modules[n]);
	if (count > 3)
		bind_roots(bed.root, bed.roots);
	if (count > necessary_modules) {
		bind_hmem(bed.root, bed.hmem, 2s);
		settle(bed);
	}
}

void unbind_from(const TestBed &bed, const std::string &driver, const std::string &name)
{
	bed.root.try_write("/sys/bus/cxla/drivers/" + driver + "/unbind", name);
}

/* the device that a port is of: its name stays when the port goes */
std::string uport_of(const Root &root, const std::string &port)
{
	return root.link_name(bus_device(port) + "/uport").value_or("");
}

} // namespace

std::string pci_device(const std::string &bdf)
{
	return "/sys/bus/pci/devices/" + bdf;
}

std::string bus_device(const std::string &name)
{
	return bus_devices + std::string("/") + name;
}

std::string memdev_of(const Root &root, const std::string &bdf)
{
	for (const auto &name : root.list(pci_device(bdf)).value_or({}))
		if (name.starts_with("mem") && name.find_first_not_of("0123456789", 3) == name.npos)
			return name;
	return "";
}

std::string endpoint_of(const Root &root, const std::string &bdf)
{
	std::string memdev = memdev_of(root, bdf);

	if (memdev.empty())
		return "";
	for (const auto &name : root.list(bus_devices).value_or({}))
		if (name.starts_with("endpoint") &&
		    root.link_name(bus_device(name) + "/uport").value_or("") == memdev)
			return name;
	return "";
}

bool names_decoder(const std::string &name)
{
	return name.starts_with("decoder") && name.find('.') != name.npos;
}

std::vector<std::string> decoders_of(const Root &root, const std::string &bdf)
{
	std::string endpoint = endpoint_of(root, bdf);
	std::vector<std::string> decoders;

	if (endpoint.empty())
		return {};
	for (const auto &name : root.list(bus_device(endpoint)).value_or({}))
		if (names_decoder(name))
			decoders.push_back(name);
	return decoders;
}

std::string region_of(const Root &root, const std::string &bdf)
{
	for (const auto &decoder : decoders_of(root, bdf)) {
		std::string region = root.text(bus_device(decoder) + "/region").value_or("");

		if (!region.empty())
			return region;
	}
	return "";
}

std::string parent_of(const Root &root, const std::string &name)
{
	std::string path = root.resolve(bus_device(name)).value_or("");

	path = path.substr(0, path.rfind('/'));
	return path.substr(path.rfind('/') + 1);
}

std::string port_of(const TestBed &bed)
{
	for (const auto &name : bed.root.list(bus_devices).value_or({}))
		if (name.starts_with("port") && uport_of(bed.root, name) == bed.bridge)
			return name;
	return "";
}

TestBed find_test_bed(const Root &root, const Machine &machine, const std::string &program_dir)
{
	TestBed bed;

	bed.root = root;
	for (const auto &device : machine.roots)
		if (device.driver == "cxla_acpi")
			bed.roots.push_back(device.name);
	for (const auto &accel : machine.accelerators) {
		TestBedDevice device{accel.bdf, accel.driver, {}, {}};

		device.on_loss = root.text(pci_device(accel.bdf) + "/cxla/on_loss").value_or("");
		if (accel.reason.value_or("") == "not-committed" && bed.bare.empty())
			bed.bare = accel.bdf;
		if (accel.attached() && bed.accel.empty()) {
			std::string port = parent_of(root, endpoint_of(root, accel.bdf));

			bed.accel = accel.bdf;
			bed.bridge = uport_of(root, port);
		}
		bed.devices.push_back(std::move(device));
	}
	for (const auto &expander : machine.expanders) {
		std::string region = region_of(root, expander.bdf);

		if (!region.empty() && bed.expander.empty() &&
		    root.text(bus_device(region) + "/locked").value_or("") == "0")
			bed.expander = expander.bdf;
		if (bed.idle.empty() && can_be_described(root, expander.bdf))
			bed.idle = expander.bdf;
		bed.devices.push_back({expander.bdf, expander.driver, {}, {}});
	}
	for (auto &device : bed.devices)
		device.outcome = outcome_of(bed, device);
	for (const auto &device : machine.hmem)
		if (device.driver == our_hmem_driver)
			bed.hmem = device.name;
	/* those that may be left out stay out when they are */
	for (const auto &file : find_modules(root, {}, machine.release, program_dir).files)
		if (!is_dax_module(file.name) || machine.loaded.count(file.name))
			bed.modules[file.name] = file.path;
	return bed;
}

void settle(const TestBed &bed)
{
	/* a worker that detaches may set off the one that attaches again */
	for (int pass = 0; pass < 2; pass++)
		flush(bed.root);
	settle_hmem(bed);
}

std::string missing_at_rest(const TestBed &bed)
{
	for (const auto &device : bed.devices)
		if (std::string now = outcome_of(bed, device); now != device.outcome)
			return fmt::format("{} is '{}', not '{}'", device.bdf, now, device.outcome);
	return "";
}

void bring_to(const TestBed &bed, Start start)
{
	const Root &root = bed.root;

	switch (start) {
	case Start::NoModule:
	case Start::Core:
	case Start::Port:
	case Start::Mem:
	case Start::Acpi:
	case Start::Accel:
	case Start::Pci:
	case Start::Hmem:
	case Start::Dax:
		bring_modules(bed,
			      static_cast<size_t>(start) - static_cast<size_t>(Start::NoModule));
		return;
	case Start::AccelUnbound:
		/* from everything, or from itself: binding it again first would be for nothing */
		unbind(bed, bed.accel);
		settle(bed);
		return;
	case Start::ExpanderUnbound:
		unbind(bed, bed.expander);
		settle(bed);
		return;
	default:
		break;
	}
	bring_everything(bed);
	switch (start) {
	case Start::AccelRemoved:
		root.try_write(pci_device(bed.accel) + "/remove", "1");
		break;
	case Start::MemdevUnbound:
		unbind_from(bed, "cxla_mem", memdev_of(root, bed.expander));
		break;
	case Start::RegionUnbound:
		unbind_from(bed, "cxla_region", region_of(root, bed.expander));
		break;
	case Start::Uncommitted:
		root.try_write(bus_device(region_of(root, bed.expander)) + "/commit", "0");
		break;
	case Start::PortUnbound:
		unbind_from(bed, "cxla_port", port_of(bed));
		break;
	case Start::RootUnbound:
		for (const auto &device : bed.roots)
			root.try_write("/sys/bus/platform/drivers/cxla_acpi/unbind", device);
		break;
	case Start::HmemUnbound:
		unbind_hmem(bed.root, bed.hmem);
		break;
	case Start::WithoutRoot:
		remove_module(bed, "cxla_acpi");
		break;
	case Start::BareUnbound:
	case Start::BareMade:
		unbind(bed, bed.bare);
		settle(bed);
		let_make(bed, true);
		if (start == Start::BareMade)
			bind(bed, {bed.bare, accel_driver, {}, {}});
		break;
	case Start::Allotted:
	case Start::Made:
	case Start::Grained:
	case Start::Placed:
	case Start::Targeted:
	case Start::Committed:
	case Start::Offered:
		bring_described(bed, start);
		break;
	default:
		break;
	}
	settle(bed);
}

} // namespace cxla
