// SPDX-License-Identifier: GPL-2.0-only
#include "draw/map.h"

#include "draw/drawing.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

constexpr std::array<MapOwnerWords, map_owners> all_words = {{
	{"free", '.', "100", "free: no committed decoder is known"},
	{"accelerator", 'A', "42", "an accelerator's driver has it"},
	{"memory", 'M', "44", "general memory: a region, device-dax"},
	{"ram", 'R', "45", "online as System RAM"},
	{"reserved", 'S', "43", "kept, or Soft Reserved and not decided about"},
	{"lost", 'Q', "41", "quarantined: who lost it may touch it still"},
	{"decoded", 'D', "46", "decoded for a device, and nobody has it"},
	{"foreign", 'F', "47", "somebody has it who claims nothing from us"},
}};

/* more than any machine has: what is deeper is no machine's */
constexpr int most_levels = 32;

/* an address or a size, all of whose 64 bits count */
uint64_t number(const json &in, const char *key)
{
	const json &value = part(in, key);

	return value.is_number_unsigned() ? value.get<uint64_t>() : 0;
}

/* nothing of what is no range, or an empty one */
std::optional<Range> range_in(const json &value)
{
	return range_of(number(value, "start"), number(value, "size"));
}

/* ranges that don't overlap, in order; what is painted last is seen */
class Canvas
{
public:
	explicit Canvas(const Range &whole) { pieces_.push_back({whole, MapOwner::Free, "", ""}); }
	Canvas() = default;

	void paint(const Range &range, MapOwner owner, const std::string &who)
	{
		std::vector<MapRange> kept;

		for (const auto &piece : pieces_) {
			const Range &has = piece.range;

			if (!has.overlaps(range)) {
				kept.push_back(piece);
				continue;
			}
			if (has.start < range.start)
				kept.push_back(
					{{has.start, range.start - 1}, piece.owner, piece.who, ""});
			kept.push_back(
				{{std::max(has.start, range.start), std::min(has.end, range.end)},
				 owner,
				 who,
				 ""});
			if (range.end < has.end)
				kept.push_back(
					{{range.end + 1, has.end}, piece.owner, piece.who, ""});
		}
		pieces_ = std::move(kept);
	}

	/* one that painted twice in the same way is one */
	std::vector<MapRange> pieces() const
	{
		std::vector<MapRange> out;

		for (const auto &piece : pieces_) {
			if (!out.empty() && out.back().owner == piece.owner &&
			    out.back().who == piece.who &&
			    out.back().range.end + 1 == piece.range.start)
				out.back().range.end = piece.range.end;
			else
				out.push_back(piece);
		}
		return out;
	}

private:
	std::vector<MapRange> pieces_;
};

MapOwner owner_of(const json &entry)
{
	std::string owner = text_in(entry, "owner"), state = text_in(entry, "state");

	if (state == "quarantined")
		return MapOwner::Lost;
	if (state == "foreign" || owner == "in-tree")
		return MapOwner::Foreign;
	if (state == "reserved" || state == "waiting" || state == "free" || owner == "none")
		return MapOwner::Reserved;
	return owner == "accelerator" ? MapOwner::Accelerator : MapOwner::Memory;
}

std::string joined(const std::vector<std::string> &words, const char *between)
{
	return fmt::format("{}", fmt::join(words, between));
}

class MapMaker
{
public:
	explicit MapMaker(const json &status) : status_(status)
	{
		for (const char *bus : {"topology", "intree_topology"})
			for (const auto &node : part(status, bus))
				walk(node, "");
	}

	Map make();

private:
	void walk(const json &node, const std::string &memdev, int depth = 0);
	void paint(Canvas &canvas) const;
	void name(MapRange &range);
	std::string who_of(const json &entry) const;
	std::string region_at(const Range &range) const;
	MapWindow window_of(const json &window, size_t number);
	MapNode device_of(const json &device) const;
	void place(Map &map, const json &device) const;
	std::string bridge_of(uint64_t uid) const;

	struct Decoded {
		Range range;
		std::string endpoint; /* memdev's name, or the endpoint's */
	};
	struct Region {
		Range range;
		std::string name;
		bool committed;
	};

	const json &status_;
	std::vector<Decoded> decoded_;
	std::vector<Region> regions_;
	std::map<uint64_t, std::string> window_names_;        /* by start */
	std::map<std::string, std::string> memdevs_, ports_;  /* by PCI address */
	std::map<std::string, std::vector<Range>> of_device_; /* the same */
	std::vector<MapRange> named_;
};

std::string memdev_below(const json &endpoint)
{
	for (const auto &child : part(endpoint, "children"))
		if (text_in(child, "kind") == "memdev")
			return text_in(child, "name");
	return text_in(endpoint, "name");
}

void MapMaker::walk(const json &node, const std::string &memdev, int depth)
{
	std::string kind = text_in(node, "kind"), name = text_in(node, "name"), below = memdev;
	auto range = range_in(part(node, "range"));

	if (kind == "endpoint")
		below = memdev_below(node);
	else if (kind == "memdev" && !text_in(node, "address").empty())
		memdevs_[text_in(node, "address")] = name;
	else if (kind == "port")
		ports_[text_in(part(node, "attributes"), "uport")] = name;
	if (range && kind == "root-decoder")
		window_names_.emplace(range->start, name);
	else if (range && kind == "region")
		regions_.push_back({*range, name, part(part(node, "attributes"), "commit") != 0});
	else if (range && kind == "endpoint-decoder")
		decoded_.push_back({*range, memdev});
	for (const auto &child : part(node, "children"))
		if (depth < most_levels)
			walk(child, below, depth + 1);
}

std::string MapMaker::region_at(const Range &range) const
{
	for (const auto &region : regions_)
		if (region.range.contains(range))
			return region.name;
	return "";
}

/* the accelerator's name, state, and the region */
std::string MapMaker::who_of(const json &entry) const
{
	std::vector<std::string> words;
	std::string who = text_in(entry, "who"), state = text_in(entry, "state");

	for (const auto &accel : part(status_, "accelerators"))
		if (text_in(accel, "address") == who && !who.empty() &&
		    !text_in(accel, "accel").empty())
			words.push_back(text_in(accel, "accel"));
	if (!who.empty())
		words.push_back(who);
	if (auto range = range_in(part(entry, "range"));
	    range && !region_at(*range).empty() && region_at(*range) != who)
		words.push_back(region_at(*range));
	words.push_back(state == "owned" ? text_in(entry, "reason")
					 : state + " (" + text_in(entry, "reason") + ")");
	return joined(words, " ");
}

void MapMaker::paint(Canvas &canvas) const
{
	std::map<std::pair<uint64_t, uint64_t>, std::vector<std::string>> decoded;

	for (const auto &soft : part(part(status_, "iomem"), "soft_reserved"))
		if (auto range = range_in(part(soft, "range")))
			canvas.paint(*range, MapOwner::Reserved, "Soft Reserved");
	for (const auto &one : decoded_)
		decoded[{one.range.start, one.range.end}].push_back(one.endpoint);
	for (const auto &[range, endpoints] : decoded)
		canvas.paint({range.first, range.second}, MapOwner::Decoded,
			     "decoded for " + joined(endpoints, ", "));
	for (const auto &region : regions_)
		canvas.paint(region.range, region.committed ? MapOwner::Memory : MapOwner::Reserved,
			     region.name + (region.committed ? "" : " (not committed)"));
	for (const auto &entry : part(status_, "ledger"))
		if (auto range = range_in(part(entry, "range")))
			canvas.paint(*range, owner_of(entry), who_of(entry));
	for (const auto &ram : part(part(status_, "iomem"), "system_ram_in_windows"))
		if (auto range = range_in(part(ram, "range")))
			canvas.paint(*range, MapOwner::SystemRam,
				     region_at(*range) + (region_at(*range).empty() ? "" : " ") +
					     "System RAM");
}

void MapMaker::name(MapRange &range)
{
	if (range.owner == MapOwner::Free)
		return;
	range.name = std::to_string(named_.size() + 1);
	named_.push_back(range);
}

std::string MapMaker::bridge_of(uint64_t uid) const
{
	for (const auto &bridge : part(part(status_, "cedt"), "host_bridges"))
		if (number(bridge, "uid") == uid && !text_in(bridge, "device").empty())
			return text_in(bridge, "device");
	return fmt::format("host bridge {}", uid);
}

MapWindow MapMaker::window_of(const json &window, size_t index)
{
	MapWindow out{fmt::format("window {}", index), "", {}, {}};
	std::vector<std::string> bridges;

	out.range = *range_in(window);
	if (auto named = window_names_.find(out.range.start); named != window_names_.end())
		out.name = named->second;
	for (const auto &uid : part(window, "targets"))
		if (uid.is_number_unsigned())
			bridges.push_back(bridge_of(uid.get<uint64_t>()));
	out.leads = "to " + (bridges.empty() ? "nowhere" : joined(bridges, ", "));
	if (bridges.size() > 1)
		out.leads += fmt::format(", {} ways by {}", bridges.size(),
					 number(window, "granularity"));

	Canvas canvas(out.range);

	paint(canvas);
	out.ranges = canvas.pieces();
	for (auto &range : out.ranges)
		name(range);
	return out;
}

MapNode MapMaker::device_of(const json &device) const
{
	MapNode node{text_in(device, "address"), "", "", MapOwner::Free, true, false, {}};
	std::vector<std::string> words;
	auto mine = of_device_.find(node.name);

	if (auto memdev = memdevs_.find(node.name); memdev != memdevs_.end())
		words.push_back(memdev->second);
	for (const auto &accel : part(status_, "accelerators")) {
		if (text_in(accel, "address") != node.name)
			continue;
		words.push_back(text_in(accel, "accel"));
		words.push_back(text_in(accel, "state"));
		if (text_in(accel, "state") == "attached")
			continue;
		words.back() += ": " + text_in(accel, "reason");
		node.wanting = true;
	}
	if (words.size() < 2)
		words.push_back(text_in(device, "driver").empty() ? "no driver"
								  : text_in(device, "driver"));
	node.text = joined(words, " ");
	if (mine == of_device_.end())
		return node;
	for (const auto &one : named_)
		for (const auto &range : mine->second)
			if (one.range.overlaps(range)) {
				node.names += (node.names.empty() ? "" : " ") + one.name;
				if (node.owner == MapOwner::Free)
					node.owner = one.owner;
				break;
			}
	return node;
}

/* below its host bridge, through the ports in between that a stack has made */
void MapMaker::place(Map &map, const json &device) const
{
	std::vector<std::string> way; /* from the host bridge down */
	std::vector<MapNode> *level = &map.bridges;

	for (const auto &above : part(device, "above"))
		if (above.is_string() && way.size() < most_levels)
			way.insert(way.begin(), above.get<std::string>());
	for (size_t i = 0; i < way.size(); i++) {
		auto port = ports_.find(way[i]);

		/* a root port or downstream port is no port of the CXL bus */
		if (i && port == ports_.end())
			continue;

		auto found = std::find_if(level->begin(), level->end(),
					  [&](const MapNode &node) { return node.name == way[i]; });

		if (found == level->end())
			found = level->insert(level->end(),
					      {way[i],
					       port == ports_.end() ? "" : port->second,
					       "",
					       MapOwner::Free,
					       false,
					       false,
					       {}});
		level = &found->below;
	}
	level->push_back(device_of(device));
}

Map MapMaker::make()
{
	Map map;
	size_t index = 0;
	Canvas elsewhere(Range{0, UINT64_MAX});

	for (const auto &window : part(part(status_, "cedt"), "windows"))
		if (range_in(window))
			map.windows.push_back(window_of(window, index++));
	paint(elsewhere);
	for (const auto &window : map.windows)
		elsewhere.paint(window.range, MapOwner::Free, "");
	for (auto &piece : elsewhere.pieces()) {
		if (piece.owner == MapOwner::Free)
			continue;
		map.outside.push_back(piece);
		name(map.outside.back());
	}

	/* what leads to a device: what it decodes, and what it is attached to */
	std::map<std::string, std::string> address_of;

	for (const auto &[address, memdev] : memdevs_)
		address_of[memdev] = address;
	for (const auto &one : decoded_)
		if (auto found = address_of.find(one.endpoint); found != address_of.end())
			of_device_[found->second].push_back(one.range);
	for (const auto &accel : part(status_, "accelerators"))
		if (auto range = range_in(part(accel, "range")))
			of_device_[text_in(accel, "address")].push_back(*range);
	for (const auto &bridge : part(part(status_, "cedt"), "host_bridges"))
		if (std::string device = text_in(bridge, "device"); !device.empty())
			map.bridges.push_back({device,
					       ports_.count(device) ? ports_.at(device) : "",
					       "",
					       MapOwner::Free,
					       false,
					       false,
					       {}});
	for (const auto &device : part(part(status_, "pci"), "devices"))
		if (!part(device, "cxl").is_null())
			place(map, device);
	std::sort(map.bridges.begin(), map.bridges.end(),
		  [](const MapNode &a, const MapNode &b) { return a.name < b.name; });
	return map;
}

} // namespace

const MapOwnerWords &words_of(MapOwner owner)
{
	return all_words[static_cast<size_t>(owner)];
}

Map map_of(const json &status)
{
	return MapMaker(status).make();
}

} // namespace cxla
