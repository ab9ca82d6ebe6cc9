// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/dax.h"

namespace cxla
{

namespace
{

const char *const dax_devices = "/sys/bus/dax/devices";

DaxDevice read_one(const Root &root, const std::string &name)
{
	DaxDevice device;
	std::string folder = std::string(dax_devices) + "/" + name;
	std::string path = root.resolve(folder).value_or("");

	device.name = name;
	device.driver = bound_driver(root, folder).value_or("");
	if (auto start = root.number(folder + "/resource"), size = root.number(folder + "/size");
	    start && size)
		device.range = range_of(*start, *size);
	path = path.substr(0, path.rfind('/') == path.npos ? 0 : path.rfind('/'));
	device.parent = path.substr(path.rfind('/') + 1);
	/* both stacks call theirs dax_region0 */
	device.ours = device.parent.starts_with("cxla_hmem.") ||
		      (!path.empty() &&
		       root.resolve("/sys/bus/cxla/devices/" + device.parent).value_or("") == path);
	return device;
}

} // namespace

std::vector<DaxDevice> read_dax(const Root &root)
{
	std::vector<DaxDevice> devices;

	for (const auto &name : root.list(dax_devices).value_or({}))
		devices.push_back(read_one(root, name));
	return devices;
}

} // namespace cxla
