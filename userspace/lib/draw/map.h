// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which range of each CXL window is whose, and where the devices hang: the model that
 * `cxla status --map`, `cxla watch` and the page of `cxla status` draw. It is made of what
 * `cxla status --json` prints, and so of a capture, too.
 */
#pragma once

#include "sys/range.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cxla
{

enum class MapOwner {
	Free,        /* hardware decodes it for nobody, as far as is known */
	Accelerator, /* an accelerator's driver has it */
	Memory,      /* general memory: device-dax has it, or a region that it was offered */
	SystemRam,   /* online */
	Reserved,    /* Soft Reserved, or kept for an owner who has not come */
	Lost,        /* whoever had it may touch it still, and nobody else may */
	Decoded,     /* hardware decodes it for a device, and nobody has it */
	Foreign,     /* somebody has it who claims nothing from us */
};

/* CSS class, letter for text without colour, and what it means */
struct MapOwnerWords {
	const char *css;
	char letter;
	const char *ansi; /* of a terminal: colours of the background */
	const char *meaning;
};
const MapOwnerWords &words_of(MapOwner owner);
inline constexpr size_t map_owners = 8;

struct MapRange {
	Range range;
	MapOwner owner = MapOwner::Free;
	std::string who;  /* region, device, driver: what is known, for people */
	std::string name; /* a number, by which the topology refers to it; of free ones empty */
};

struct MapWindow {
	std::string name;  /* decoder0.0, or `window 1` while no stack has it */
	std::string leads; /* `to pci0000:0c`, and how it is interleaved */
	Range range;
	std::vector<MapRange> ranges; /* all of the window, in order, free ones too */
};

/* a host bridge, port or device, and what is below it */
struct MapNode {
	std::string name;                /* 0000:0d:00.0 */
	std::string text;                /* mem0, accel0, attached ... */
	std::string names;               /* of the ranges that lead to it */
	MapOwner owner = MapOwner::Free; /* the colour of a device */
	bool device = false;
	bool wanting = false; /* an accelerator whose driver has no range */
	std::vector<MapNode> below;
};

struct Map {
	std::vector<MapWindow> windows;
	std::vector<MapRange> outside; /* Soft Reserved, or claimed, and in no window */
	std::vector<MapNode> bridges;
};

/* @status: the result of `cxla status`; what is missing in it is missing in the map */
Map map_of(const nlohmann::ordered_json &status);

/* how wide, and of what, text may be: report.h's page() knows of standard output */
struct MapStyle {
	size_t columns = 80;
	bool utf8 = true;
	bool colour = false;
};
std::string map_text(const Map &map, const MapStyle &style);
/* elements of a page */
std::string map_windows_svg(const Map &map);
std::string map_topology_svg(const Map &map);
std::string map_legend(const Map &map);

} // namespace cxla
