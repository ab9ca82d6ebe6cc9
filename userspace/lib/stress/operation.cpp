// SPDX-License-Identifier: GPL-2.0-only
#include "stress/operation.h"

#include "cxl/object_names.h"
#include "sys/named.h"
#include "sys/range.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/cxla.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cxla
{

namespace
{

int write_to(const TestBed &bed, OperationSpan &span, const std::string &path,
	     const std::string &value)
{
	return write_attribute(bed.root, span, path, value);
}

int load(const TestBed &bed, OperationSpan &span, const char *module)
{
	auto file = bed.modules.find(module);

	if (file == bed.modules.end())
		return ENOENT;

	Fd fd(::open(file->second.c_str(), O_RDONLY | O_CLOEXEC));

	if (!fd)
		return errno;
	span.begin();

	int err = syscall(SYS_finit_module, fd.get(), "", 0) < 0 ? errno : 0;

	span.end();
	return err;
}

int unload(const TestBed &, OperationSpan &span, const char *module)
{
	span.begin();

	int err = syscall(SYS_delete_module, module, O_NONBLOCK) < 0 ? errno : 0;

	span.end();
	return err;
}

template <size_t n> int load_nth(const TestBed &bed, OperationSpan &span)
{
	return load(bed, span, our_modules[n]);
}

template <size_t n> int unload_nth(const TestBed &bed, OperationSpan &span)
{
	return unload(bed, span, our_modules[n]);
}

std::string pci_driver(const char *driver, const char *file)
{
	return fmt::format("/sys/bus/pci/drivers/{}/{}", driver, file);
}

std::string cxla_driver(const char *driver, const char *file)
{
	return fmt::format("/sys/bus/cxla/drivers/{}/{}", driver, file);
}

/* one of the two devices that operations are done to */
using Device = std::string TestBed::*;

constexpr Device accel = &TestBed::accel, expander = &TestBed::expander;

template <Device device> int bind_device(const TestBed &bed, OperationSpan &span)
{
	const char *driver = device == accel ? accel_driver : expander_driver;

	return write_to(bed, span, pci_driver(driver, "bind"), bed.*device);
}

template <Device device> int unbind_device(const TestBed &bed, OperationSpan &span)
{
	const char *driver = device == accel ? accel_driver : expander_driver;

	return write_to(bed, span, pci_driver(driver, "unbind"), bed.*device);
}

template <Device device> int bind_memdev(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_mem", "bind"),
			memdev_of(bed.root, bed.*device));
}

template <Device device> int unbind_memdev(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_mem", "unbind"),
			memdev_of(bed.root, bed.*device));
}

template <Device device> int unbind_endpoint(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_port", "unbind"),
			endpoint_of(bed.root, bed.*device));
}

int unbind_port(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_port", "unbind"), port_of(bed));
}

int bind_port(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_port", "bind"), port_of(bed));
}

template <Device device> int bind_region(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_region", "bind"),
			region_of(bed.root, bed.*device));
}

template <Device device> int unbind_region(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, cxla_driver("cxla_region", "unbind"),
			region_of(bed.root, bed.*device));
}

template <Device device> int delete_region(const TestBed &bed, OperationSpan &span)
{
	std::string region = region_of(bed.root, bed.*device);

	return write_to(bed, span, bus_device(parent_of(bed.root, region)) + "/delete_region",
			region);
}

template <Device device, char value> int write_commit(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, bus_device(region_of(bed.root, bed.*device)) + "/commit",
			{value});
}

int root_write(const TestBed &bed, OperationSpan &span, const char *file)
{
	return write_to(bed, span, std::string("/sys/bus/platform/drivers/cxla_acpi/") + file,
			bed.roots.empty() ? "" : bed.roots.front());
}

int unbind_root(const TestBed &bed, OperationSpan &span)
{
	return root_write(bed, span, "unbind");
}

int bind_root(const TestBed &bed, OperationSpan &span)
{
	return root_write(bed, span, "bind");
}

int hmem_write(const TestBed &bed, OperationSpan &span, const char *file)
{
	return write_to(bed, span,
			fmt::format("/sys/bus/platform/drivers/{}/{}", our_hmem_driver, file),
			bed.hmem);
}

int bind_hmem(const TestBed &bed, OperationSpan &span)
{
	return hmem_write(bed, span, "bind");
}

int unbind_hmem(const TestBed &bed, OperationSpan &span)
{
	return hmem_write(bed, span, "unbind");
}

int remove_device(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, pci_device(bed.accel) + "/remove", "1");
}

int rescan(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, "/sys/bus/pci/rescan", "1");
}

int write_on_loss(const TestBed &bed, OperationSpan &span)
{
	return write_to(bed, span, pci_device(bed.accel) + "/cxla/on_loss", "reattach");
}

std::string node_path(const TestBed &bed)
{
	return bed.root.host("/dev/cxla/" +
			     bed.root.text(pci_device(bed.accel) + "/cxla/accel").value_or("?"));
}

int open_node(const TestBed &bed, OperationSpan &span)
{
	std::string path = node_path(bed);

	span.begin();

	Fd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
	int err = fd ? 0 : errno;

	/* what is set free with it, too */
	fd = Fd();
	span.end();
	return err;
}

int ask_node(const TestBed &bed, OperationSpan &span)
{
	Fd fd(::open(node_path(bed).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
	cxla_accel_info info = {};

	if (!fd)
		return errno;
	info.size = sizeof(info);
	span.begin();

	int err = ioctl(fd.get(), CXLA_IOC_INFO, &info) < 0 ? errno : 0;

	span.end();
	return err;
}

int read_node(const TestBed &bed, OperationSpan &span)
{
	Fd fd(::open(node_path(bed).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
	std::array<cxla_event, 8> events;
	pollfd wait = {fd.get(), POLLIN, 0};

	if (!fd)
		return errno;
	span.begin();

	int err = poll(&wait, 1, 0) < 0 ? errno : 0;

	if (!err)
		err = ::read(fd.get(), events.data(), sizeof(events)) < 0 ? errno : 0;
	span.end();
	return err;
}

int map_node(const TestBed &bed, OperationSpan &span)
{
	Fd fd(::open(node_path(bed).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
	Fd toucher(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	int err = 0;

	if (!fd || !toucher)
		return errno;
	span.begin();

	void *address = mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);

	bool mapped = address != MAP_FAILED;
	/* the kernel reads it for us: EFAULT is what would be SIGBUS */
	bool touched = mapped && (::write(toucher.get(), address, sizeof(uint64_t)) >= 0 ||
				  errno == EINVAL || errno == EAGAIN);

	if (!touched)
		err = errno;
	span.end();
	if (mapped)
		munmap(address, page_bytes);
	return err;
}

/* every attribute of one device of each kind, and of the accelerator */
int read_attributes(const TestBed &bed, OperationSpan &span)
{
	std::vector<std::string> folders = {pci_device(bed.accel) + "/cxla/"};
	std::vector<std::string> kinds;
	std::vector<Fd> files;
	std::array<char, page_bytes> buffer;
	int err = 0;

	for (const auto &name : bed.root.list(bus_devices).value_or({})) {
		std::string kind = bed.root.text(bus_device(name) + "/devtype").value_or("");

		if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end())
			continue;
		kinds.push_back(kind);
		folders.push_back(bus_device(name) + "/");
	}
	for (const auto &folder : folders)
		for (const auto &name : bed.root.list(folder).value_or({})) {
			struct stat st = {};
			std::string path = bed.root.host(folder + name);

			if (stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) &&
			    (st.st_mode & S_IRUSR))
				files.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
		}
	span.begin();
	for (const auto &fd : files)
		if (::read(fd.get(), buffer.data(), buffer.size()) < 0 && !err)
			err = errno;
	span.end();
	return err;
}

std::vector<MachineOperation> and_made(std::vector<MachineOperation> all)
{
	for (const auto &one : made_operations())
		all.push_back(one);
	return all;
}

} // namespace

/* to look up a path needs memory, too, and is no part of it */
int write_attribute(const Root &root, OperationSpan &span, const std::string &path,
		    const std::string &value)
{
	/* what it is to be done to is gone; to write nothing would succeed */
	if (path.empty() || value.empty())
		return ENODEV;

	Fd fd(::open(root.host(path).c_str(), O_WRONLY | O_CLOEXEC));

	if (!fd)
		return errno;
	span.begin();

	ssize_t n = ::write(fd.get(), value.data(), value.size());
	int err = n < 0 ? errno : 0;

	span.end();
	return err;
}

const std::vector<MachineOperation> &operations()
{
	/* EINVAL: the driver core, when a driver gets no folder in its module's */
	static const std::vector<MachineOperation> all = and_made({
		{"load-core", "loads cxla_core", Start::NoModule, load_nth<0>, nullptr, false,
		 EINVAL},
		{"load-port", "loads cxla_port", Start::Core, load_nth<1>, nullptr, false, EINVAL},
		{"load-mem", "loads cxla_mem", Start::Port, load_nth<2>, nullptr, false, EINVAL},
		{"load-acpi", "loads cxla_acpi, with no device bound", Start::Mem, load_nth<3>,
		 nullptr, true, EINVAL},
		{"load-accel", "loads cxla_accel, with no device to bind", Start::Acpi, load_nth<4>,
		 nullptr, false, EINVAL},
		{"load-pci", "loads cxla_pci, with no device to bind", Start::Accel, load_nth<5>,
		 nullptr, false, EINVAL},
		{"unload-pci", "removes cxla_pci", Start::Pci, unload_nth<5>},
		{"unload-accel", "removes cxla_accel", Start::Accel, unload_nth<4>},
		{"unload-acpi", "removes cxla_acpi, with no device bound", Start::Acpi,
		 unload_nth<3>},
		{"unload-mem", "removes cxla_mem", Start::Mem, unload_nth<2>},
		{"unload-port", "removes cxla_port", Start::Port, unload_nth<1>},
		{"unload-core", "removes cxla_core", Start::Core, unload_nth<0>},
		{"attach", "binds an accelerator", Start::AccelUnbound, bind_device<accel>, nullptr,
		 true},
		{"detach", "unbinds an accelerator", Start::Everything, unbind_device<accel>},
		{"bind-expander", "binds a memory expander", Start::ExpanderUnbound,
		 bind_device<expander>},
		{"unbind-expander", "unbinds a memory expander", Start::Everything,
		 unbind_device<expander>},
		{"unbind-memdev", "unbinds an accelerator's memdev", Start::Everything,
		 unbind_memdev<accel>},
		{"unbind-expander-memdev", "unbinds an expander's memdev", Start::Everything,
		 unbind_memdev<expander>},
		{"bind-expander-memdev", "binds an expander's memdev", Start::MemdevUnbound,
		 bind_memdev<expander>},
		{"unbind-endpoint", "unbinds an accelerator's endpoint port", Start::Everything,
		 unbind_endpoint<accel>},
		{"unbind-expander-endpoint", "unbinds an expander's endpoint port",
		 Start::Everything, unbind_endpoint<expander>},
		{"unbind-port", "unbinds the port above an accelerator", Start::Everything,
		 unbind_port},
		{"bind-port", "binds the port above an accelerator", Start::PortUnbound, bind_port},
		{"unbind-locked-region", "unbinds an accelerator's region", Start::Everything,
		 unbind_region<accel>},
		{"unbind-region", "unbinds an expander's region", Start::Everything,
		 unbind_region<expander>},
		{"bind-region", "binds an expander's region", Start::RegionUnbound,
		 bind_region<expander>},
		{"delete-region", "deletes an expander's region", Start::Everything,
		 delete_region<expander>},
		{"delete-locked-region", "is refused to delete an accelerator's region",
		 Start::Everything, delete_region<accel>},
		{"uncommit", "writes 0 to commit of an expander's region", Start::Everything,
		 write_commit<expander, '0'>},
		{"commit", "writes 1 to commit of an expander's region", Start::Uncommitted,
		 write_commit<expander, '1'>},
		{"uncommit-locked", "is refused 0 in commit of an accelerator's region",
		 Start::Everything, write_commit<accel, '0'>},
		{"unbind-root", "unbinds the root above everything", Start::Everything,
		 unbind_root},
		{"bind-root", "binds the root while devices wait for it", Start::RootUnbound,
		 bind_root},
		{"remove-root", "removes cxla_acpi below everything", Start::Everything,
		 unload_nth<3>},
		{"return-root", "loads cxla_acpi while devices wait for it", Start::WithoutRoot,
		 load_nth<3>, nullptr, true, EINVAL},
		{"remove-device", "removes an accelerator's PCI device", Start::Everything,
		 remove_device},
		/* what it finds is bound by hand, as attach does */
		{"rescan", "finds a removed PCI device again", Start::AccelRemoved, rescan, nullptr,
		 true, 0, false, nullptr, nullptr,
		 "6.12 and 7.3 go on with a PCI device that they could not add, and fall"},
		{"on-loss", "writes on_loss", Start::Everything, write_on_loss},
		{"open", "opens and closes an accelerator's node", Start::Everything, open_node},
		{"ioctl", "asks an accelerator's node", Start::Everything, ask_node},
		{"events", "polls and reads events of an accelerator's node", Start::Everything,
		 read_node},
		{"mmap", "maps an accelerator's node and touches it", Start::Everything, map_node},
		{"read-attributes", "reads every attribute of a device of each kind",
		 Start::Everything, read_attributes},
		{"worker-detach", "detaches an accelerator whose root went, in the worker",
		 Start::Everything, unbind_root, "cxla_detach_work"},
		{"worker-attach", "attaches an accelerator whose root returned, in the worker",
		 Start::RootUnbound, bind_root, "cxla_retry_work", true},
		{"load-hmem", "loads cxla_hmem, which binds hmem_platform", Start::Pci, load_nth<6>,
		 nullptr, true, EINVAL, true},
		{"unload-hmem", "removes cxla_hmem with ranges that it has given to device-dax",
		 Start::Hmem, unload_nth<6>, nullptr, false, 0, true},
		{"load-dax", "loads cxla_dax, with no region", Start::Hmem, load_nth<7>, nullptr,
		 false, EINVAL, true},
		{"unload-dax", "removes cxla_dax, with no region", Start::Dax, unload_nth<7>,
		 nullptr, false, 0, true},
		{"bind-hmem", "binds hmem_platform", Start::HmemUnbound, bind_hmem, nullptr, true,
		 0, true},
		{"unbind-hmem", "unbinds hmem_platform", Start::Everything, unbind_hmem, nullptr,
		 false, 0, true},
		{"worker-hmem", "decides about Soft Reserved ranges, in the worker",
		 Start::HmemUnbound, bind_hmem, "hmem_work_func", true, 0, true, "cxla_hmem"},
	});

	return all;
}

const MachineOperation *find_operation(std::string_view name)
{
	return find_named(operations(), &MachineOperation::name, name);
}

std::string missing_from(const TestBed &bed)
{
	if (bed.accel.empty())
		return "no accelerator is attached";
	if (bed.roots.empty())
		return "no root is bound to cxla_acpi";
	if (bed.expander.empty())
		return "no memory expander with a region that is not locked is bound to cxla_pci";
	for (const char *module : our_modules)
		if (!is_dax_module(module) && !bed.modules.count(module))
			return fmt::format("{} was not found", module);
	return "";
}

std::string missing_for(const TestBed &bed, const MachineOperation &operation)
{
	if (operation.besides && (bed.*operation.besides).empty())
		return fmt::format(
			"{}: there is no {} of which firmware committed nothing", operation.name,
			operation.besides == &TestBed::idle ? "expander bound to cxla_pci"
							    : "accelerator bound to cxla_accel");
	if (!operation.hmem)
		return "";
	if (bed.hmem.empty())
		return fmt::format("{}: hmem_platform.0 is not there, or not bound to {}",
				   operation.name, our_hmem_driver);
	if (!bed.modules.count("cxla_hmem") || !bed.modules.count("cxla_dax"))
		return fmt::format("{}: cxla_hmem and cxla_dax are not both loaded, or not found",
				   operation.name);
	return "";
}

} // namespace cxla
