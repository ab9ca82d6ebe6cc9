// SPDX-License-Identifier: GPL-2.0-only
#include "upstream.h"

#include "field_names.h"

namespace cxla
{

void flush(const Root &root)
{
	root.try_write("/sys/bus/cxla/flush", "1");
}

void bind_roots(const Root &root, const std::vector<std::string> &devices)
{
	for (const auto &device : devices)
		if (!root.exists("/sys/bus/platform/devices/" + device + "/driver"))
			root.try_write("/sys/bus/platform/drivers/cxla_acpi/bind", device);
}

void bind_ports(const Root &root)
{
	/* a port that is bound may bring others, below it */
	for (int pass = 0; pass < 4; pass++) {
		bool any = false;

		for (const auto &name : root.list(bus_devices).value_or({}))
			if (name.starts_with("port") && !root.exists(bus_device(name) + "/driver"))
				any |= root.try_write("/sys/bus/cxla/drivers/cxla_port/bind", name);
		if (!any)
			return;
	}
}

} // namespace cxla
