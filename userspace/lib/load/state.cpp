// SPDX-License-Identifier: GPL-2.0-only
#include "load/state.h"

#include "sys/error.h"
#include "sys/whole_number.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace cxla
{

const char *const state_path = "/run/cxla/takeover.json";

namespace
{

using json = nlohmann::ordered_json;

/* a part of a path that root writes to */
bool is_name(const std::string &part)
{
	return part.find('/') == part.npos && part.find('\0') == part.npos && part != "..";
}

void parse_borrowed(const json &in, State &state)
{
	for (const auto &item : in) {
		BorrowedSetting setting{
			item.at("name").get<std::string>(), item.at("device").get<std::string>(),
			item.at("before").get<std::string>(), item.at("set").get<std::string>()};

		if ((setting.name != borrowed_creation && setting.name != borrowed_reset_method) ||
		    !is_name(setting.device))
			throw Error(fmt::format("'{}' of '{}' is no setting", setting.name,
						setting.device));
		state.borrowed.push_back(std::move(setting));
	}
}

json borrowed_json(const State &state)
{
	json out = json::array();

	for (const auto &setting : state.borrowed)
		out.push_back({{"name", setting.name},
			       {"device", setting.device},
			       {"before", setting.before},
			       {"set", setting.set}});
	return out;
}

} // namespace

void State::merge(const State &later)
{
	boot_id = later.boot_id;
	if (pci_autoprobe.empty())
		pci_autoprobe = later.pci_autoprobe;
	if (later.pci_before)
		pci_before = later.pci_before;
	for (const auto &name : later.modules)
		if (std::find(modules.begin(), modules.end(), name) == modules.end())
			modules.push_back(name);
	for (const auto &binding : later.taken) {
		auto same = [&](const TakenBinding &t) {
			return t.bus == binding.bus && t.device == binding.device;
		};

		if (std::none_of(taken.begin(), taken.end(), same))
			taken.push_back(binding);
	}
}

std::string state_to_text(const State &state)
{
	json taken = json::array();

	for (const auto &binding : state.taken)
		taken.push_back({{"bus", binding.bus},
				 {"device", binding.device},
				 {"driver", binding.driver},
				 {"driver_override", binding.driver_override}});

	json out = {{"version", 1},
		    {"boot_id", state.boot_id},
		    {"pci_autoprobe", state.pci_autoprobe},
		    {"modules", state.modules},
		    {"taken", taken}};

	if (state.pci_before)
		out["pci_before"] = {{"driverless", state.pci_before->driverless},
				     {"drivers", state.pci_before->drivers}};
	if (!state.borrowed.empty())
		out["borrowed"] = borrowed_json(state);
	return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Reading<State> state_from_text(const std::string &text, const std::string &path)
{
	State state;

	try {
		json in = json::parse(text);

		if (whole_number<unsigned>(in.at("version")) != 1)
			return Problem{path, 0, "written by another version of this program"};
		state.boot_id = in.at("boot_id").get<std::string>();
		state.pci_autoprobe = in.at("pci_autoprobe").get<std::string>();
		state.modules = in.at("modules").get<std::vector<std::string>>();
		for (const auto &item : in.at("taken")) {
			TakenBinding binding{item.at("bus").get<std::string>(),
					     item.at("device").get<std::string>(),
					     item.at("driver").get<std::string>(),
					     item.at("driver_override").get<std::string>()};

			/* these become parts of paths that root writes to */
			for (const auto *part : {&binding.bus, &binding.device, &binding.driver})
				if (!is_name(*part))
					return Problem{path, 0,
						       fmt::format("'{}' is no name", *part)};
			state.taken.push_back(std::move(binding));
		}
		if (auto before = in.find("pci_before"); before != in.end())
			state.pci_before = {
				before->at("driverless").get<std::vector<std::string>>(),
				before->at("drivers").get<std::vector<std::string>>()};
		if (auto borrowed = in.find("borrowed"); borrowed != in.end())
			parse_borrowed(*borrowed, state);
	} catch (const std::exception &error) {
		return Problem{path, 0, fmt::format("no record of ours: {}", error.what())};
	}
	return state;
}

Reading<std::optional<State>> read_state(const Root &root, const std::string &boot_id)
{
	auto text = root.read(state_path);

	if (text.absent())
		return std::optional<State>();
	if (!text)
		return text.problem();

	auto state = state_from_text(*text, state_path);

	if (!state)
		return state.problem();
	if (state->boot_id != boot_id)
		return std::optional<State>();
	return std::optional<State>(*state);
}

void write_state(const Root &root, const State &state)
{
	root.replace(state_path, state_to_text(state));
}

void drop_state(const Root &root)
{
	if (::unlink(root.host(state_path).c_str()) < 0 && errno != ENOENT)
		throw Error(fmt::format("removing {}: {}", state_path, std::strerror(errno)),
			    "run as root");
}

} // namespace cxla
