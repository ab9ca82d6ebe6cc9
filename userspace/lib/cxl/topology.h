// SPDX-License-Identifier: GPL-2.0-only
/*
 * The objects of a CXL bus in sysfs: ours (/sys/bus/cxla) or, in the same
 * format, the in-tree stack's (/sys/bus/cxl). Any of them may go while it is
 * read: what could not be read is in the problem list, and the rest is whole.
 */
#pragma once

#include "sys/range.h"
#include "sys/root.h"

#include <map>
#include <string>
#include <vector>

namespace cxla
{

enum class NodeKind {
	Root,
	Port, /* host bridge or switch */
	Endpoint,
	RootDecoder, /* a window */
	SwitchDecoder,
	EndpointDecoder,
	Memdev,
	Region,
	DaxRegion, /* a region as it is offered to device-dax */
	Other,
};

struct Node {
	std::string name;
	NodeKind kind = NodeKind::Other;
	std::string path;   /* resolved; empty when its link dangles */
	std::string driver; /* empty: none */
	int parent = -1;    /* index; a memdev's is its endpoint */
	std::vector<int> children;
	std::map<std::string, Reading<std::string>> attributes;
	/* of a port: what its port numbers lead to, e.g. 0 to 0000:0c:00.0 */
	std::map<uint64_t, std::string> dports;

	/* the attribute as text, `?` when it could not be read */
	std::string shown(const std::string &attribute) const;
	std::optional<uint64_t> number(const std::string &attribute) const;
	/* start and size, or resource and size; nothing while idle or unreadable */
	std::optional<Range> range() const;
	/* nothing when it can't be read */
	std::optional<bool> locked() const;
	/* name of the region that a decoder belongs to, or empty */
	std::string region() const;
};

/* one position of a region, which an endpoint decoder takes */
struct Target {
	unsigned position = 0;
	Reading<std::string> name = Problem{}; /* of the decoder; empty: nobody's yet */
	const Node *memdev = nullptr;          /* as far as it can be found */
	std::string bdf;
};

struct Topology {
	std::string bus; /* "cxla" or "cxl" */
	bool present = false;
	std::vector<Node> nodes;
	std::vector<Problem> problems;

	const Node *find(const std::string &name) const;
	std::vector<const Node *> of(NodeKind kind) const;
	/* the region that has the range, or nullptr */
	const Node *region_of(const Range &range) const;
	/* names of endpoint decoders that are members of the region */
	std::vector<const Node *> members(const std::string &region) const;
	/* the PCI device that a memdev is a child of: 0000:0d:00.0, or empty */
	std::string pci_of(const Node &memdev) const;
	/* every position of a region, in order */
	std::vector<Target> targets(const Node &region) const;
	/* where a decoder of a port leads to: port numbers, and the devices there, or '' */
	std::vector<std::pair<uint64_t, std::string>> ways_down(const Node &decoder) const;
	/* the port that has the device as a way down, or that the host bridge is; or nullptr */
	const Node *port_above(const std::string &device) const;
	/* the memdev of a PCI device, or nullptr */
	const Node *memdev_of(const std::string &bdf) const;
	/* the endpoint that a memdev is below, or nullptr */
	const Node *endpoint_of(const Node &memdev) const;
};

/* names of what is read of each object: attributes, "uport", "dports"; empty: all of it */
using Wanted = std::vector<std::string_view>;

Topology read_topology(const Root &root, const std::string &bus, const Wanted &only = {});
const char *kind_word(NodeKind kind);

} // namespace cxla
