// SPDX-License-Identifier: GPL-2.0-only
#include "load/load_config.h"

#include "cxl/pci.h"
#include "sys/root.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <set>
#include <sstream>

namespace cxla
{

namespace
{

struct Flag {
	const char *key;
	bool LoadSettings::*value;
};

constexpr Flag flags[] = {
	{"takeover", &LoadSettings::takeover},
	{"all", &LoadSettings::all},
	{"allow-uncommit", &LoadSettings::allow_uncommit},
	{"no-dax", &LoadSettings::no_dax},
	{"system-ram", &LoadSettings::system_ram},
};

std::string known_keys()
{
	std::string keys = "device";

	for (const Flag &flag : flags)
		keys += fmt::format(", {}", flag.key);
	return keys + ", wait-seconds, modules";
}

/* empty @what: it was taken */
struct Answer {
	std::string what, todo;
};

Answer set_device(LoadSettings &settings, const std::string &value)
{
	auto bdf = parse_bdf(value);

	if (!bdf)
		return {fmt::format("'{}' is no PCI address", value),
			"PCI addresses look like 0000:0d:00.0"};
	if (std::find(settings.devices.begin(), settings.devices.end(), *bdf) !=
	    settings.devices.end())
		return {fmt::format("device {} is in the file twice", *bdf), "remove this line"};
	settings.devices.push_back(*bdf);
	return {};
}

Answer set_one(LoadSettings &settings, const std::string &key, const std::string &value)
{
	for (const Flag &flag : flags) {
		if (key != flag.key)
			continue;
		if (value != "yes" && value != "no")
			return {fmt::format("'{}' is neither yes nor no", value),
				fmt::format("write {} = yes, or {} = no", key, key)};
		settings.*flag.value = value == "yes";
		return {};
	}
	if (key == "wait-seconds") {
		auto number = parse_number(value);

		if (!number || *number > std::numeric_limits<unsigned>::max())
			return {fmt::format("'{}' is no number of seconds", value),
				"write e.g. wait-seconds = 30"};
		settings.wait_seconds = static_cast<unsigned>(*number);
		return {};
	}
	if (key == "modules") {
		if (!value.starts_with("/"))
			return {fmt::format("'{}' is no absolute path of a folder", value),
				"at boot there is no other folder to begin at"};
		settings.modules = value;
		return {};
	}
	return {fmt::format("there is no key '{}'", key), "the keys are " + known_keys()};
}

Answer set_line(LoadSettings &settings, std::set<std::string> &seen, std::string_view line)
{
	size_t equals = line.find('=');

	if (equals == line.npos)
		return {fmt::format("'{}' is not of the form KEY = VALUE", line),
			"the keys are " + known_keys()};

	std::string key(trim(line.substr(0, equals)));
	std::string value(trim(line.substr(equals + 1)));

	if (key == "device")
		return set_device(settings, value);
	if (!seen.insert(key).second)
		return {fmt::format("'{}' is in the file twice", key), "remove one of the lines"};
	return set_one(settings, key, value);
}

} // namespace

void LoadSettings::add(const LoadSettings &other)
{
	for (const Flag &flag : flags)
		this->*flag.value |= other.*flag.value;
	if (other.wait_seconds)
		wait_seconds = other.wait_seconds;
	if (!other.modules.empty())
		modules = other.modules;
	devices.insert(devices.end(), other.devices.begin(), other.devices.end());
}

LoadConfig parse_load_config(std::string_view text)
{
	LoadConfig config;
	std::set<std::string> seen;
	unsigned number = 0;
	bool any = false;

	/* empty lines count, too */
	std::istringstream lines{std::string(text)};

	for (std::string whole; std::getline(lines, whole);) {
		std::string_view line = trim(std::string_view(whole).substr(0, whole.find('#')));

		number++;
		if (line.empty())
			continue;
		any = true;

		Answer answer = set_line(config.settings, seen, line);

		if (!answer.what.empty())
			config.wrong.push_back({number, answer.what, answer.todo});
	}
	if (!any)
		config.wrong.push_back({0, "it sets nothing",
					"name a device (device = 0000:0d:00.0), or every device "
					"without a driver (all = yes)"});
	return config;
}

} // namespace cxla
