// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla ledger` says: whose each range is, as text and as JSON. */
#include "report/report.h"
#include "report/status.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cxla
{

using json = nlohmann::ordered_json;

namespace
{

/* of the dax device that an entry is about; nothing: it is about none */
const DaxDevice *dax_device_of(const Machine &machine, const LedgerEntry &entry)
{
	auto found = std::find_if(machine.dax.begin(), machine.dax.end(),
				  [&](const DaxDevice &one) { return one.name == entry.who; });

	return found == machine.dax.end() ? nullptr : &*found;
}

/* Soft Reserved, and nobody has decided about it */
std::vector<Range> undecided(const Machine &machine)
{
	std::vector<Range> all;

	if (!machine.ledger || !machine.iomem || !machine.iomem->addresses)
		return all;
	for (const auto &soft : machine.iomem->named("Soft Reserved"))
		for (const auto &part : machine.ledger->silent_about(soft.range))
			all.push_back(part);
	return all;
}

std::string why_undecided(const Machine &machine)
{
	if (!machine.loaded.count("cxla_hmem"))
		return "cxla_hmem is not loaded";
	for (const auto &device : machine.hmem)
		if (device.driver != our_hmem_driver)
			return fmt::format("{} has {}", device.name,
					   device.driver.empty() ? "no driver"
								 : "driver " + device.driver);
	return "cxla_hmem knows nothing of it";
}

void add_meaning(const ReasonText &text, std::string &out)
{
	out += wrapped(fmt::format("{}: {}", text.word, text.meaning), "  ", "      ") + "\n";
	if (!text.todo.empty())
		out += wrapped(fmt::format("what to do: {}", text.todo), "      ", "      ") + "\n";
}

/* each word that occurs and does not speak for itself */
std::string meanings(const Ledger &ledger)
{
	std::vector<std::string> told;
	std::string out;
	auto first = [&](const std::string &word) {
		if (std::find(told.begin(), told.end(), word) != told.end())
			return false;
		told.push_back(word);
		return true;
	};

	for (const auto &entry : ledger.entries)
		if (entry.state != "owned" && first(entry.state))
			add_meaning(ledger_state_by_word(entry.state), out);
	for (const auto &entry : ledger.entries)
		if (first(entry.reason))
			add_meaning(why_by_word(entry.reason), out);
	return out;
}

std::string in_time(uint64_t us)
{
	return fmt::format("{}.{:06}", us / 1000000, us % 1000000);
}

} // namespace

std::string ledger_text(const Machine &machine)
{
	Table table({"RANGE", "SIZE", "OWNER", "STATE", "REASON", "WHO", "DRIVER", "SINCE"});
	std::string out;

	if (!machine.ledger)
		return "none of ours is loaded, and nobody keeps a ledger; what the in-tree stack "
		       "did:\n\n" +
		       ranges_text(machine);
	for (const auto &entry : machine.ledger->entries) {
		const DaxDevice *device = dax_device_of(machine, entry);

		table.add({entry.range.text(), size_text(entry.range.size()), entry.owner,
			   entry.state, entry.reason, entry.who,
			   !device                  ? ""
			   : device->driver.empty() ? "none"
						    : device->driver,
			   in_time(entry.time_us)});
	}
	out = table.empty() ? "nothing was decided about yet\n" : table.text();
	for (const auto &range : undecided(machine))
		out += fmt::format("{}  {}  Soft Reserved, and not decided about: {}\n",
				   range.text(), size_text(range.size()), why_undecided(machine));
	if (std::string words = meanings(*machine.ledger); !words.empty())
		out += "\nwhat the words mean (SINCE is in seconds since boot):\n" + words;
	for (const auto &problem : machine.ledger->problems)
		out += "? " + problem.text() + "\n";
	return out;
}

json range_json(const Range &range)
{
	return {{"start", range.start}, {"end", range.end}, {"size", range.size()}};
}

json dax_json(const Machine &machine)
{
	json out = json::array();

	for (const auto &device : machine.dax)
		out.push_back({{"name", device.name},
			       {"range", device.range ? range_json(*device.range) : json()},
			       {"driver", device.driver.empty() ? json() : json(device.driver)},
			       {"parent", device.parent},
			       {"ours", device.ours}});
	return out;
}

json platform_json(const std::vector<PlatformDevice> &devices)
{
	json out = json::array();
	auto or_null = [](const std::string &name) { return name.empty() ? json() : json(name); };

	for (const auto &device : devices)
		out.push_back({{"name", device.name},
			       {"driver", or_null(device.driver)},
			       {"driver_override", or_null(device.driver_override)}});
	return out;
}

json ledger_entry_json(const LedgerEntry &entry)
{
	ReasonText why = why_by_word(entry.reason);

	return {{"range", range_json(entry.range)},
		{"owner", entry.owner},
		{"state", entry.state},
		{"reason", entry.reason},
		{"meaning", std::string(why.meaning)},
		{"todo", std::string(why.todo)},
		{"who", entry.who.empty() ? json() : json(entry.who)},
		{"time_us", entry.time_us}};
}

json ledger_json(const Machine &machine)
{
	json entries = json::array(), silent = json::array(), problems = json::array();

	if (machine.ledger) {
		for (const auto &entry : machine.ledger->entries) {
			const DaxDevice *device = dax_device_of(machine, entry);
			json one = ledger_entry_json(entry);

			one["driver"] =
				device && !device->driver.empty() ? json(device->driver) : json();
			entries.push_back(std::move(one));
		}
		for (const auto &range : undecided(machine))
			silent.push_back(
				{{"range", range_json(range)}, {"what", why_undecided(machine)}});
		for (const auto &problem : machine.ledger->problems)
			problems.push_back({{"path", problem.path},
					    {"errno", problem.err},
					    {"what", problem.what}});
	}

	json out = {{"loaded", machine.ours_loaded()},
		    {"ledger", machine.ledger ? entries : json()},
		    {"undecided", silent},
		    {"hmem", platform_json(machine.hmem)},
		    {"dax", dax_json(machine)}};

	/* what the in-tree stack did shows there */
	if (!machine.ledger)
		out.update(iomem_json(machine));
	out["problems"] = problems;
	return out;
}

} // namespace cxla
