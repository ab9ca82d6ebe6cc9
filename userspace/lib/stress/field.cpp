// SPDX-License-Identifier: GPL-2.0-only
/* What operations are done to, and how it is brought to a state they start from. */
#include "cxl/field_names.h"
#include "cxl/upstream.h"
#include "stress/operation.h"

#include <algorithm>
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

bool is_loaded(const Field &field, const std::string &module)
{
	return field.root.exists("/sys/module/" + module);
}

bool has_driver(const Field &field, const std::string &folder)
{
	return field.root.exists(folder + "/driver");
}

void insert(const Field &field, const std::string &module)
{
	auto file = field.modules.find(module);

	if (is_loaded(field, module) || file == field.modules.end())
		return;

	Fd fd(::open(file->second.c_str(), O_RDONLY | O_CLOEXEC));

	if (fd && field.root.real())
		syscall(SYS_finit_module, fd.get(), "", 0);
}

void remove_module(const Field &field, const std::string &module)
{
	if (is_loaded(field, module) && field.root.real())
		syscall(SYS_delete_module, module.c_str(), O_NONBLOCK);
}

void unbind(const Field &field, const std::string &bdf)
{
	if (has_driver(field, pci_device(bdf)))
		field.root.try_write(pci_device(bdf) + "/driver/unbind", bdf);
}

void set_override(const Field &field, const std::string &bdf, const std::string &driver)
{
	std::string now = field.root.text(pci_device(bdf) + "/driver_override").value_or("?");

	if (now != driver && !(driver.empty() && now == "(null)"))
		field.root.try_write(pci_device(bdf) + "/driver_override", driver + "\n");
}

void bind(const Field &field, const FieldDevice &device)
{
	if (!field.root.exists(pci_device(device.bdf)))
		field.root.try_write("/sys/bus/pci/rescan", "1");
	set_override(field, device.bdf, device.driver);
	if (!has_driver(field, pci_device(device.bdf)))
		field.root.try_write("/sys/bus/pci/drivers/" + device.driver + "/bind", device.bdf);
	if (!device.on_loss.empty())
		field.root.try_write(pci_device(device.bdf) + "/cxla/on_loss", device.on_loss);
}

std::string outcome_of(const Field &field, const FieldDevice &device)
{
	const Root &root = field.root;
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

void make_whole(const Field &field, const FieldDevice &device)
{
	if (outcome_of(field, device) == device.outcome)
		return;

	std::string region = region_of(field.root, device.bdf);

	if (!region.empty()) {
		if (device.driver == expander_driver)
			field.root.try_write(bus_device(region) + "/commit", "1");
		if (!has_driver(field, bus_device(region)))
			field.root.try_write("/sys/bus/cxla/drivers/cxla_region/bind", region);
		if (outcome_of(field, device) == device.outcome)
			return;
	}
	unbind(field, device.bdf);
	settle(field);
	bind(field, device);
}

/* until each range is decided about */
void settle_hmem(const Field &field)
{
	for (int attempt = 0; !field.hmem.empty() && attempt < 2000; attempt++) {
		auto ledger = read_ledger(field.root);

		if (!ledger ||
		    std::none_of(ledger->entries.begin(), ledger->entries.end(),
				 [](const LedgerEntry &one) { return one.state == "waiting"; }))
			return;
		std::this_thread::sleep_for(5ms);
	}
}

void bring_everything(const Field &field)
{
	settle(field);
	/* a range whose device is not bound it may have given away */
	if (std::any_of(field.devices.begin(), field.devices.end(), [&](const FieldDevice &one) {
		    return !has_driver(field, pci_device(one.bdf));
	    }))
		unbind_hmem(field.root, field.hmem);
	for (const char *module : our_modules)
		if (!is_dax_module(module))
			insert(field, module);
	bind_roots(field.root, field.roots);
	bind_ports(field.root);
	settle(field);
	for (const auto &device : field.devices)
		make_whole(field, device);
	settle(field);
	for (const char *module : our_modules)
		if (is_dax_module(module))
			insert(field, module);
	bind_hmem(field.root, field.hmem, 2s);
	settle(field);
}

/* the first @count modules, in the order they are loaded, and no device bound */
void bring_modules(const Field &field, size_t count)
{
	for (const auto &device : field.devices) {
		unbind(field, device.bdf);
		/* a driver that is loaded is not to bind them */
		set_override(field, device.bdf, "");
	}
	settle(field);
	/* what it decides is to depend on nobody having been there */
	unbind_hmem(field.root, field.hmem);
	for (size_t n = our_modules.size(); n-- > count;)
		remove_module(field, our_modules[n]);
	for (size_t n = 0; n < count; n++)
		insert(field, our_modules[n]);
	if (count > 3)
		bind_roots(field.root, field.roots);
	if (count > necessary_modules) {
		bind_hmem(field.root, field.hmem, 2s);
		settle(field);
	}
}

void unbind_from(const Field &field, const std::string &driver, const std::string &name)
{
	field.root.try_write("/sys/bus/cxla/drivers/" + driver + "/unbind", name);
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

std::string region_of(const Root &root, const std::string &bdf)
{
	std::string endpoint = endpoint_of(root, bdf);

	if (endpoint.empty())
		return "";
	for (const auto &name : root.list(bus_device(endpoint)).value_or({})) {
		if (!name.starts_with("decoder"))
			continue;

		std::string region =
			root.text(bus_device(endpoint) + "/" + name + "/region").value_or("");

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

std::string port_of(const Field &field)
{
	for (const auto &name : field.root.list(bus_devices).value_or({}))
		if (name.starts_with("port") && uport_of(field.root, name) == field.bridge)
			return name;
	return "";
}

Field find_field(const Root &root, const Machine &machine, const std::string &program_dir)
{
	Field field;

	field.root = root;
	for (const auto &device : machine.roots)
		if (device.driver == "cxla_acpi")
			field.roots.push_back(device.name);
	for (const auto &accel : machine.accelerators) {
		FieldDevice device{accel.bdf, accel.driver, {}, {}};

		device.on_loss = root.text(pci_device(accel.bdf) + "/cxla/on_loss").value_or("");
		if (accel.attached() && field.accel.empty()) {
			std::string port = parent_of(root, endpoint_of(root, accel.bdf));

			field.accel = accel.bdf;
			field.bridge = uport_of(root, port);
		}
		field.devices.push_back(std::move(device));
	}
	for (const auto &expander : machine.expanders) {
		std::string region = region_of(root, expander.bdf);

		if (!region.empty() && field.expander.empty() &&
		    root.text(bus_device(region) + "/locked").value_or("") == "0")
			field.expander = expander.bdf;
		field.devices.push_back({expander.bdf, expander.driver, {}, {}});
	}
	for (auto &device : field.devices)
		device.outcome = outcome_of(field, device);
	for (const auto &device : machine.hmem)
		if (device.driver == our_hmem_driver)
			field.hmem = device.name;
	/* those that may be left out stay out when they are */
	for (const auto &file : find_modules(root, {}, machine.release, program_dir).files)
		if (!is_dax_module(file.name) || machine.loaded.count(file.name))
			field.modules[file.name] = file.path;
	return field;
}

void settle(const Field &field)
{
	/* a worker that detaches may set off the one that attaches again */
	for (int pass = 0; pass < 2; pass++)
		flush(field.root);
	settle_hmem(field);
}

std::string missing_at_rest(const Field &field)
{
	for (const auto &device : field.devices)
		if (std::string now = outcome_of(field, device); now != device.outcome)
			return fmt::format("{} is '{}', not '{}'", device.bdf, now, device.outcome);
	return "";
}

void bring_to(const Field &field, Start start)
{
	const Root &root = field.root;

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
		bring_modules(field,
			      static_cast<size_t>(start) - static_cast<size_t>(Start::NoModule));
		return;
	case Start::AccelUnbound:
		/* from everything, or from itself: binding it again first would be for nothing */
		unbind(field, field.accel);
		settle(field);
		return;
	case Start::ExpanderUnbound:
		unbind(field, field.expander);
		settle(field);
		return;
	default:
		break;
	}
	bring_everything(field);
	switch (start) {
	case Start::AccelRemoved:
		root.try_write(pci_device(field.accel) + "/remove", "1");
		break;
	case Start::MemdevUnbound:
		unbind_from(field, "cxla_mem", memdev_of(root, field.expander));
		break;
	case Start::RegionUnbound:
		unbind_from(field, "cxla_region", region_of(root, field.expander));
		break;
	case Start::Uncommitted:
		root.try_write(bus_device(region_of(root, field.expander)) + "/commit", "0");
		break;
	case Start::PortUnbound:
		unbind_from(field, "cxla_port", port_of(field));
		break;
	case Start::RootUnbound:
		for (const auto &device : field.roots)
			root.try_write("/sys/bus/platform/drivers/cxla_acpi/unbind", device);
		break;
	case Start::HmemUnbound:
		unbind_hmem(field.root, field.hmem);
		break;
	case Start::WithoutRoot:
		remove_module(field, "cxla_acpi");
		break;
	default:
		break;
	}
	settle(field);
}

} // namespace cxla
