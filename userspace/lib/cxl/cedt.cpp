// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/cedt.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

extern "C" {
#include "pure/cedt.h"
#include "pure/interleave.h"
}

namespace cxla
{

const char *const cedt_path = "/sys/firmware/acpi/tables/CEDT";

namespace
{

int on_chbs(const cedt_chbs *chbs, void *arg)
{
	auto &cedt = *static_cast<Cedt *>(arg);

	cedt.bridges.push_back({chbs->uid, chbs->version, chbs->base, chbs->length});
	return 0;
}

int on_cfmws(const cedt_cfmws *cfmws, void *arg)
{
	auto &cedt = *static_cast<Cedt *>(arg);
	unsigned ways = std::min<unsigned>(cfmws->ways, CEDT_MAX_TARGETS);
	Window window;

	window.base = cfmws->base;
	window.size = cfmws->size;
	window.ways = cfmws->ways;
	window.granularity = cfmws->granularity;
	window.modulo = cfmws->modulo;
	window.restrictions = cfmws->restrictions;
	window.qtg = cfmws->qtg_id;
	window.targets.assign(cfmws->targets, cfmws->targets + ways);
	cedt.windows.push_back(std::move(window));
	return 0;
}

int on_cxims(const cedt_cxims *cxims, void *arg)
{
	static_cast<Cedt *>(arg)->xor_maps.emplace(cxims->granularity, cxims->nr_maps);
	return 0;
}

void on_bad(size_t offset, int type, const char *what, void *arg)
{
	static_cast<Cedt *>(arg)->bad.push_back({offset, type, what});
}

void on_broken_chbs(size_t offset, uint32_t uid, const char *what, void *arg)
{
	on_bad(offset, 0, what, arg);
	static_cast<Cedt *>(arg)->broken_bridges.emplace(uid, what);
}

/* a window that picks host bridges by XOR has a map for each bit of the choice */
void find_missing_maps(Cedt &cedt)
{
	for (const auto &window : cedt.windows) {
		auto found = cedt.xor_maps.find(window.granularity);
		unsigned maps = found == cedt.xor_maps.end() ? 0 : found->second;
		unsigned needed = cxl_interleave_nr_maps(window.ways);

		if (!window.modulo && maps < needed)
			cedt.bad.push_back(
				{0, 1,
				 fmt::format(
					 "window {:#x} picks by XOR, and has {} of {} maps for {} "
					 "bytes: nothing is interleaved in it",
					 window.base, maps, needed, window.granularity)});
	}
}

/*
 * What the parser leaves to its caller: entries that repeat or overlap. Of each one problem is
 * told, however many others it repeats: a table may have thousands.
 */
void find_conflicts(Cedt &cedt)
{
	std::map<uint32_t, unsigned> bridges; /* how often each is there */

	for (const auto &bridge : cedt.bridges)
		if (++bridges[bridge.uid] == 2)
			cedt.bad.push_back(
				{0, 0, fmt::format("host bridge {} is there twice", bridge.uid)});

	for (size_t i = 0; i < cedt.windows.size(); i++) {
		auto range = cedt.windows[i].range();

		for (size_t j = 0; range && j < i; j++) {
			auto other = cedt.windows[j].range();

			if (!other || !range->overlaps(*other))
				continue;
			cedt.bad.push_back({0, 1,
					    fmt::format("window {} overlaps window {}",
							range->text(), other->text())});
			break;
		}
		for (uint32_t uid : cedt.windows[i].targets) {
			if (!cedt.broken_bridges.contains(uid) && !bridges.contains(uid))
				cedt.bad.push_back(
					{0, 1,
					 fmt::format("window {:#x} targets host bridge {}, "
						     "which is not in the table",
						     cedt.windows[i].base, uid)});
		}
	}
}

} // namespace

std::vector<std::string> Window::restriction_words() const
{
	std::vector<std::string> words;

	if (restrictions & CEDT_CFMWS_RESTRICT_TYPE2)
		words.emplace_back("type2");
	if (restrictions & CEDT_CFMWS_RESTRICT_TYPE3)
		words.emplace_back("type3");
	if (restrictions & CEDT_CFMWS_RESTRICT_VOLATILE)
		words.emplace_back("volatile");
	if (restrictions & CEDT_CFMWS_RESTRICT_PMEM)
		words.emplace_back("pmem");
	if (restrictions & CEDT_CFMWS_RESTRICT_FIXED)
		words.emplace_back("fixed");
	return words;
}

std::string BadEntry::text() const
{
	std::string kind = type == 0 ? "CHBS" : type == 1 ? "CFMWS" : type == 2 ? "CXIMS" : "entry";

	return offset ? fmt::format("{} at {:#x}: {}", kind, offset, what)
		      : fmt::format("{}: {}", type < 0 ? "header" : kind, what);
}

Reading<Cedt> parse_cedt(std::string_view table, const std::string &path)
{
	Cedt cedt;
	cedt_visitor visitor{on_chbs, on_cfmws, on_cxims, on_bad, on_broken_chbs, &cedt};

	if (cedt_walk(table.data(), table.size(), &visitor))
		return Problem{path, 0, "not a CEDT: signature or header is wrong"};
	find_conflicts(cedt);
	find_missing_maps(cedt);
	return cedt;
}

Reading<Cedt> read_cedt(const Root &root)
{
	auto table = root.read(cedt_path, 1 << 20);

	if (!table)
		return table.problem();
	return parse_cedt(*table, cedt_path);
}

} // namespace cxla
