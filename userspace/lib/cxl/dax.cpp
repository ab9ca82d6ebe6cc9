// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/dax.h"

#include <algorithm>
#include <cstdlib>

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

/* a mapping lives on when the file is closed */
bool has_mapped(const Root &root, const std::string &pid, const std::string &node)
{
	std::string maps = root.read("/proc/" + pid + "/maps", 16 << 20).value_or("");

	for (const auto &line : split(maps, '\n'))
		if (line.ends_with(" " + node))
			return true;
	return false;
}

} // namespace

std::vector<DaxDevice> read_dax(const Root &root)
{
	std::vector<DaxDevice> devices;

	for (const auto &name : root.list(dax_devices).value_or({}))
		devices.push_back(read_one(root, name));
	return devices;
}

std::vector<Opener> find_dax_users(const Root &root, const std::string &name)
{
	const std::string node = "/dev/" + name;
	std::vector<Opener> users = find_openers(root, node);

	for (const auto &pid : root.list("/proc").value_or({})) {
		auto is = [&](const Opener &user) { return std::to_string(user.pid) == pid; };

		if (pid.find_first_not_of("0123456789") != pid.npos ||
		    std::any_of(users.begin(), users.end(), is) || !has_mapped(root, pid, node))
			continue;
		users.push_back({std::atoi(pid.c_str()),
				 root.text("/proc/" + pid + "/comm").value_or("?")});
	}
	return users;
}

} // namespace cxla
