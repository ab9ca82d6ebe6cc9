// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/upstream.h"

#include "cxl/dax.h"

#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

/* bind, unbind, or a device that it has */
std::string hmem_driver(const std::string &file)
{
	return fmt::format("/sys/bus/platform/drivers/{}/{}", our_hmem_driver, file);
}

} // namespace

void flush(const Root &root, const Stack &stack)
{
	root.try_write(stack.flush_file(), "1");
}

void bind_roots(const Root &root, const std::vector<std::string> &devices, const Stack &stack)
{
	for (const auto &device : devices)
		if (!root.exists("/sys/bus/platform/devices/" + device + "/driver"))
			root.try_write(stack.driver_file(Driver::Root, "bind"), device);
}

void bind_ports(const Root &root, const Stack &stack)
{
	/* a port that is bound may bring others, below it */
	for (int pass = 0; pass < 4; pass++) {
		bool any = false;

		for (const auto &name : root.list(stack.devices_folder()).value_or({}))
			if (name.starts_with("port") &&
			    !root.exists(stack.device_folder(name) + "/driver"))
				any |= root.try_write(stack.driver_file(Driver::Port, "bind"),
						      name);
		if (!any)
			return;
	}
}

void unbind_hmem(const Root &root, const std::string &device)
{
	if (!device.empty() && root.exists(hmem_driver(device)))
		root.try_write(hmem_driver("unbind"), device);
}

void bind_hmem(const Root &root, const std::string &device, std::chrono::milliseconds patience)
{
	static constexpr std::chrono::milliseconds pause{10};

	for (auto attempt = patience / pause; !device.empty() && attempt > 0; attempt--) {
		if (root.exists(hmem_driver(device)) ||
		    root.try_write(hmem_driver("bind"), device) || !root.real())
			return;
		std::this_thread::sleep_for(pause);
	}
}

} // namespace cxla
