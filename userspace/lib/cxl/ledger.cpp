// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/ledger.h"

#include "sys/lines.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>

namespace cxla
{

const char *const ledger_path = "/sys/kernel/debug/cxla/ledger";

namespace
{

constexpr std::array<ReasonText, 6> owners = {{
	{"none", "nobody's", ""},
	{"accelerator", "an accelerator and its driver", ""},
	{"dax", "a region's, given to device-dax by cxla_dax", ""},
	{"hmem", "no region's, given to device-dax by cxla_hmem", ""},
	{"in-tree", "the in-tree stack's", ""},
	{"region", "a region's own, while it is uncommitted or deleted", ""},
}};

constexpr std::array<ReasonText, 6> states = {{
	{"free", "nobody claims it", ""},
	{"waiting", "it is to be decided yet", ""},
	{"reserved", "kept for an owner who has not come yet", ""},
	{"foreign", "somebody has it who claims nothing from us", ""},
	{"owned", "claimed", ""},
	{"quarantined", "claimed by one who lost it, and may touch it still", ""},
}};

constexpr std::array<ReasonText, 18> whys = {{
	{"attached", "an accelerator's driver is attached to it", ""},
	{"revoked", "its region went, and the driver has not let go of it yet",
	 "unbind the driver; it is nobody else's until then"},
	{"released", "whoever had it gave it back",
	 "`cxla attach DEVICE` gives it to its accelerator again; unload and load give it to "
	 "device-dax"},
	{"region", "it is a committed region's, and its members are memory expanders", ""},
	{"region-idle", "a region has it, and no driver has the region's memory",
	 "load cxla_dax (`cxla load`), or attach the accelerator that it belongs to"},
	{"region-gone", "the region that it was is no more",
	 "bring back what went (`cxla status`); unload and load decide about it anew"},
	{"no-region", "it is in a CXL window, and no committed region contains it", ""},
	{"no-window", "it is in no CXL window, so that CXL has no say in it", ""},
	{"meant-for-driver",
	 "a committed decoder leads to a device that is meant for the driver of an accelerator",
	 "load that driver, or `cxla attach DEVICE`; of a device that is attached it is one more "
	 "range, which its driver did not ask for, and it stays the device's; for device-dax, "
	 "name cxla_pci in the device's driver_override and load cxla_hmem again"},
	{"probing", "devices are being probed; it is decided about when they have come to rest",
	 "look again"},
	{"no-cxl", "CXL enumeration has not been started",
	 "load cxla_acpi (`cxla load`), or wait: cxla_hmem decides without it after wait_seconds"},
	{"too-small", "less than device-dax can take, after alignment",
	 "firmware has to reserve, and decoders have to map, multiples of 2 MiB"},
	{"in-use", "/proc/iomem shows somebody who has it",
	 "`cxla status` names who; `cxla load --takeover` moves over what in-tree drivers have"},
	{"online", "it could not be taken offline as System RAM",
	 "it is memory in use, for good: start the platform anew to have it back"},
	{"unbound", "cxla_hmem was unbound before it decided",
	 "bind hmem_platform.0 to cxla_hmem_platform again"},
	{"changing", "its region is being uncommitted or deleted", "look again"},
	{"configured", "userspace makes its region, and has not committed it",
	 "commit it, or delete it"},
	{"error", "giving it to its owner failed", "the kernel log says why"},
}};

ReasonText find_word(std::span<const ReasonText> table, std::string_view word)
{
	auto found = std::find_if(table.begin(), table.end(),
				  [&](const ReasonText &text) { return text.word == word; });

	if (found != table.end())
		return *found;
	return {word, "a word that this version of the program does not know",
		"update the program to the modules' version"};
}

/* 5.208664: seconds, and six digits */
std::optional<uint64_t> parse_time(std::string_view text)
{
	size_t dot = text.find('.');

	if (dot == text.npos || text.size() - dot != 7)
		return std::nullopt;

	/* those begin with 0x that are none here */
	auto seconds = parse_number(text.substr(0, dot)), us = parse_number(text.substr(dot + 1));

	if (!seconds || !us || text.find_first_not_of("0123456789.") != text.npos ||
	    *seconds > (UINT64_MAX - *us) / 1000000)
		return std::nullopt;
	return *seconds * 1000000 + *us;
}

std::optional<LedgerEntry> parse_line(std::string_view line)
{
	auto fields = split(line, ' ');
	LedgerEntry entry;

	if (fields.size() != 6)
		return std::nullopt;

	auto range = parse_range(fields[0]);
	auto time = parse_time(fields[5]);

	if (!range || !time)
		return std::nullopt;
	return LedgerEntry{
		*range, fields[1], fields[2], fields[3], fields[4] == "-" ? "" : fields[4], *time};
}

} // namespace

std::string LedgerEntry::text() const
{
	return fmt::format("{} {} ({}){}", owner, state, reason, who.empty() ? "" : ", " + who);
}

std::vector<LedgerEntry> Ledger::in(const Range &range) const
{
	std::vector<LedgerEntry> found;

	for (const auto &entry : entries)
		if (entry.range.overlaps(range))
			found.push_back(entry);
	return found;
}

std::vector<Range> Ledger::silent_about(const Range &range) const
{
	std::vector<Range> silent;
	uint64_t at = range.start;

	for (const auto &entry : in(range)) {
		if (entry.range.start > at)
			silent.push_back({at, entry.range.start - 1});
		if (entry.range.end >= range.end)
			return silent;
		at = std::max(at, entry.range.end + 1);
	}
	silent.push_back({at, range.end});
	return silent;
}

Ledger parse_ledger(std::string_view text)
{
	Ledger ledger;

	each_line(text, [&](std::string_view line, size_t number) {
		if (auto entry = parse_line(line))
			ledger.entries.push_back(std::move(*entry));
		else
			ledger.problems.push_back(
				{ledger_path, 0,
				 fmt::format("line {} can't be understood: '{:.80}'", number,
					     line)});
	});
	std::sort(ledger.entries.begin(), ledger.entries.end(),
		  [](const LedgerEntry &a, const LedgerEntry &b) {
			  return std::pair(a.range.start, a.range.end) <
				 std::pair(b.range.start, b.range.end);
		  });
	return ledger;
}

Reading<Ledger> read_ledger(const Root &root)
{
	auto text = root.read(ledger_path, 16 << 20);

	if (!text)
		return text.problem();
	return parse_ledger(*text);
}

ReasonText owner_by_word(std::string_view word)
{
	return find_word(owners, word);
}

ReasonText ledger_state_by_word(std::string_view word)
{
	return find_word(states, word);
}

ReasonText why_by_word(std::string_view word)
{
	return find_word(whys, word);
}

} // namespace cxla
