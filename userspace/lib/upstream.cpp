// SPDX-License-Identifier: GPL-2.0-only
#include "upstream.h"

namespace cxla
{

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

} // namespace cxla
