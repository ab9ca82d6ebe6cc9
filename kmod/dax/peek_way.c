// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what the bridges above lead to a device
 *
 * An address gets to a device when the host bridge, and each switch below it,
 * has a decoder that sends it on in the device's direction. So each level by
 * itself says all that can reach the device, also where the device does not
 * answer, or decodes by addresses that are not those of the system.
 *
 * Registers are read each time: what ports were found to have when they were
 * bound lacks the ranges of faulty decoders.
 */
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "../core/access.h"
#include "../core/pci.h"
#include "../core/peek.h"
#include "../core/port.h"

/* targets are read from the registers, a byte each */
#define WAY_TARGET(list, i)	((u8)((list) >> (8 * (i))))
#define WAY_MAX_AWAY		(CXLA_MAX_DEPTH * CXL_HDM_MAX_DECODERS)

/**
 * struct cxla_way - on the way up from a device
 * @peek: who is told
 * @port: number of the port of this bridge that leads down, or -ENXIO: unknown
 * @sequence: decoders of this bridge so far
 * @nr_below: of @away, how many are of bridges below this one
 * @nr_away: how many there are
 * @away: what some bridge sends elsewhere, by a decoder without a fault
 */
struct cxla_way {
	struct cxla_peek *peek;
	int port;
	struct cxl_hdm_sequence sequence;
	int nr_below;
	int nr_away;
	struct range away[WAY_MAX_AWAY];
};

/* how many targets count: where the ways make no sense, each of the list does */
static bool cxla_way_leads_here(const struct cxla_way *way,
				const struct cxl_hdm_regs *regs,
				const struct cxl_hdm_decoded *d)
{
	u64 list = (u64)regs->tl_high << 32 | regs->tl_low;
	int ways = d->ways ?: CXL_HDM_MAX_TARGETS;

	if (way->port < 0)
		return true;
	for (int i = 0; i < ways; i++)
		if (WAY_TARGET(list, i) == way->port)
			return true;
	return false;
}

/* the part of a range that begins at @start and that no bridge below sends away */
static u64 cxla_way_part(const struct cxla_way *way, u64 start, u64 end,
			 bool *away)
{
	*away = false;
	for (int i = 0; i < way->nr_below; i++) {
		const struct range *range = &way->away[i];

		if (range->start > end || range->end < start)
			continue;
		if (range->start <= start) {
			*away = true;
			return min(range->end, end);
		}
		end = range->start - 1;
	}
	return end;
}

/*
 * One decoder of this bridge may have memory of several devices below a switch.
 * What the switch sends to the others is not this device's.
 */
static int cxla_way_tell(struct cxla_way *way, const struct range *range)
{
	u64 start = range->start, end;
	bool away;
	int rc;

	for (;;) {
		end = cxla_way_part(way, start, range->end, &away);
		rc = away ? 0 : cxla_peek_tell(way->peek, start, end);
		if (rc || end == range->end)
			return rc;
		start = end + 1;
	}
}

static int cxla_way_decoder(const struct cxl_hdm_regs *regs,
			    const struct cxl_hdm_caps *caps, void *arg)
{
	struct cxla_way *way = arg;
	struct cxl_hdm_decoded d;
	struct range range;

	cxl_hdm_decode(regs, CXL_HDM_SWITCH, caps, &d);
	cxl_hdm_sequence_next(&way->sequence, &d);
	if (!cxl_hdm_ctrl_active(regs->ctrl) || !cxla_peek_range(regs, &range))
		return 0;
	if (cxla_way_leads_here(way, regs, &d))
		return cxla_way_tell(way, &range);
	if (d.fault == CXL_HDM_OK && way->nr_away < WAY_MAX_AWAY)
		way->away[way->nr_away++] = range;
	return 0;
}

/* 1: all that it leads down was told; 0: it could not be read; or an error */
static int cxla_way_bridge(struct cxla_way *way,
			   const struct cxl_register_map *map)
{
	u32 global;
	int rc;

	/* one with one way down may have no decoders, and leads there whatever comes */
	if (!map->component_map.hdm_decoder.valid)
		return 0;
	way->sequence = (struct cxl_hdm_sequence) { };
	way->nr_below = way->nr_away;
	rc = cxla_peek_decoders(map, cxla_way_decoder, way, &global);
	if (way->peek->result || rc == -ENOMEM)
		return rc;
	return !rc;
}

static int cxla_way_upstream(struct cxla_way *way, struct pci_dev *upstream)
{
	struct cxl_register_map map;
	u16 command;
	int rc;

	if (!cxla_peek_reaches(upstream))
		return 0;
	command = cxla_cfg_read16(upstream, PCI_COMMAND);
	if (PCI_POSSIBLE_ERROR(command) || !(command & PCI_COMMAND_MEMORY))
		return 0;
	rc = cxla_pci_probe_regs(upstream, &map);
	if (rc)
		return rc == -ENOMEM ? rc : 0;
	return cxla_way_bridge(way, &map);
}

/* with a device asleep below it, it may fall asleep at any time */
static int cxla_way_switch(struct cxla_way *way, struct pci_dev *upstream)
{
	int active = pm_runtime_get_if_active(&upstream->dev);
	int rc;

	if (!active)
		return 0;
	rc = cxla_way_upstream(way, upstream);
	if (active > 0)
		pm_runtime_put(&upstream->dev);
	return rc;
}

static int cxla_way_chbs(struct cxla_way *way, struct device *bridge,
			 const struct cxla_peek_chbs *chbs)
{
	struct cxl_register_map map = {
		.host = bridge,
		.max_size = SZ_64K,
		.reg_type = CXL_REGLOC_RBI_COMPONENT,
	};
	u64 base;
	int rc;

	if (!chbs || chbs->find(bridge, &base))
		return 0;
	map.resource = base;
	if (map.resource != base)
		return 0;
	rc = cxla_probe_component_regs(&map);
	if (rc)
		return rc == -ENOMEM ? rc : 0;
	return cxla_way_bridge(way, &map);
}

static int cxla_way_host(struct cxla_way *way, struct pci_dev *root_port,
			 const struct cxla_peek_chbs *chbs)
{
	/* its registers were found when the port was added, and don't change */
	struct cxl_port *port __free(cxla_put_port) =
		cxla_find_port_by_dport(&root_port->dev, NULL);

	if (port)
		return cxla_way_bridge(way, &port->reg_map);
	return cxla_way_chbs(way, &pci_find_host_bridge(root_port->bus)->dev,
			     chbs);
}

/* from the downstream port above the device to the host bridge */
static int cxla_way_up(struct cxla_way *way, struct pci_dev *dport,
		       const struct cxla_peek_chbs *chbs, int *levels)
{
	while (dport) {
		bool root = pci_is_root_bus(dport->bus);
		struct pci_dev *upstream = pci_upstream_bridge(dport);
		int rc;

		/* a bridge that is no port of CXL chooses nothing */
		if (!root && pci_pcie_type(dport) != PCI_EXP_TYPE_DOWNSTREAM) {
			dport = upstream;
			continue;
		}
		way->port = cxla_peek_answers(dport) ?
			    cxla_pci_port_number(dport) : -ENXIO;
		rc = root ? cxla_way_host(way, dport, chbs) :
			    cxla_way_switch(way, upstream);
		if (rc < 0 || way->peek->result)
			return rc;
		*levels += rc;
		if (root)
			break;
		dport = pci_upstream_bridge(upstream);
	}
	return 0;
}

/**
 * cxla_peek_way() - visit the ranges that bridges above lead to a device
 * @pdev: device; no lock is asked for
 * @chbs: where registers of host bridges are that have no port; may be NULL
 * @peek: who is told of each range of a committed decoder, whatever the
 *	decoder's faults, that has the port among its targets that leads to
 *	@pdev; without what a bridge below sends to another port
 * @levels: result: how many bridges were read; each of them has told of all
 *	that can reach @pdev
 *
 * Context: sleeps.
 * Return: 0, or what @peek returned, or -ENOMEM.
 */
int cxla_peek_way(struct pci_dev *pdev, const struct cxla_peek_chbs *chbs,
		  struct cxla_peek *peek, int *levels)
{
	struct cxla_way *way __free(kfree) = kzalloc(sizeof(*way), GFP_KERNEL);

	*levels = 0;
	if (!way)
		return -ENOMEM;
	peek->result = 0;
	way->peek = peek;
	return cxla_way_up(way, pci_upstream_bridge(pdev), chbs, levels);
}
