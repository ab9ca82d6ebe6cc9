// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: component registers
 *
 * Reads the capability array of a component register block (CXL 3.1 section
 * 8.2.4) and notes where HDM decoders and RAS are. Values are judged in
 * block_regs.c; here is only the reading.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>

#include "access.h"
#include "block_regs.h"
#include "hdm_regs.h"
#include "pci.h"

static int cxla_note_capability(struct cxl_register_map *map,
				const void __iomem *array, u32 header,
				unsigned int count)
{
	struct cxl_component_reg_map *cmap = &map->component_map;
	struct cxl_cap_entry entry;
	struct cxl_hdm_caps caps;
	struct cxl_reg_map *reg;
	unsigned long size;
	u32 cap;

	switch (FIELD_GET(CXL_CAP_ID, header)) {
	case CXL_CAP_ID_HDM:
		reg = &cmap->hdm_decoder;
		if (cxl_cap_entry_decode(header, count, CXL_HDM_BLOCK_SIZE(1),
					 &entry))
			goto bad;
		cap = cxla_readl(array + entry.offset);
		if (cxl_hdm_decode_caps(cap, &caps)) {
			dev_err(map->host,
				"HDM decoder capability %#010x is reserved\n",
				cap);
			return -ENXIO;
		}
		size = CXL_HDM_BLOCK_SIZE(caps.decoder_count);
		if (entry.offset + size > CXL_CACHEMEM_SIZE)
			goto bad;
		cmap->hdm_cap = cap;
		break;
	case CXL_CAP_ID_RAS:
		reg = &cmap->ras;
		size = CXL_RAS_BLOCK_SIZE;
		if (cxl_cap_entry_decode(header, count, size, &entry))
			goto bad;
		break;
	default:
		return 0;
	}

	if (reg->valid) {
		dev_err(map->host, "component capability %u is there twice\n",
			entry.id);
		return -ENXIO;
	}
	*reg = (struct cxl_reg_map) {
		.valid = true,
		.id = entry.id,
		.offset = CXL_CACHEMEM_OFFSET + entry.offset,
		.size = size,
	};
	return 0;

bad:
	dev_err(map->host,
		"component capability %#010x points out of its block\n",
		header);
	return -ENXIO;
}

static int cxla_check_overlap(const struct cxl_register_map *map)
{
	const struct cxl_reg_map *hdm = &map->component_map.hdm_decoder;
	const struct cxl_reg_map *ras = &map->component_map.ras;

	if (!hdm->valid || !ras->valid ||
	    !cxl_cap_overlap(hdm->offset, hdm->size, ras->offset, ras->size))
		return 0;
	dev_err(map->host, "component capabilities %d and %d overlap\n",
		hdm->id, ras->id);
	return -ENXIO;
}

/*
 * The address comes from firmware. ioremap() warns of one that can't be, and says
 * no more than that there is no memory, which is an error of the whole root.
 */
static const char *cxla_block_fault(const struct cxl_register_map *map)
{
	resource_size_t end;

	if (!map->resource)
		return "that is no address";
	if (check_add_overflow(map->resource, map->max_size - 1, &end))
		return "they wrap around the address space";
	/* x86: as many bits as the processor has of physical addresses */
	if (end > iomem_resource.end)
		return "they end beyond this machine's address space";
	if (region_intersects(map->resource, map->max_size,
			      IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return "System RAM is there";
	return NULL;
}

/**
 * cxla_probe_component_regs() - find capabilities in a component block
 * @map: @resource and @max_size set; @component_map is filled
 *
 * Context: may sleep. The block is mapped only during the call.
 * Return: 0; -ENXIO: not a component register block, or broken, or where none
 * can be, also said in the log; -ENOMEM.
 */
int cxla_probe_component_regs(struct cxl_register_map *map)
{
	void __iomem *array;
	const char *fault;
	int count, rc = 0;
	u32 header;

	map->component_map = (struct cxl_component_reg_map) { };
	if (map->max_size < CXL_CACHEMEM_OFFSET + CXL_CACHEMEM_SIZE) {
		dev_err(map->host, "component registers at %pa: %pa is short\n",
			&map->resource, &map->max_size);
		return -ENXIO;
	}
	fault = cxla_block_fault(map);
	if (fault) {
		dev_err(map->host, FW_BUG "component registers at %pa: %s\n",
			&map->resource, fault);
		return -ENXIO;
	}

	array = ioremap(map->resource + CXL_CACHEMEM_OFFSET, CXL_CACHEMEM_SIZE);
	if (!array)
		return -ENOMEM;

	header = cxla_readl(array);
	count = cxl_cap_array_count(header);
	if (count < 0) {
		dev_err(map->host, "no CXL capability array at %pa: %#010x\n",
			&map->resource, header);
		rc = count;
	}

	for (int i = 1; !rc && i <= count; i++)
		rc = cxla_note_capability(map, array,
					  cxla_readl(array + 4 * i), count);
	iounmap(array);
	if (!rc)
		rc = cxla_check_overlap(map);
	/* a block that is broken somewhere is not used anywhere */
	if (rc)
		map->component_map = (struct cxl_component_reg_map) { };
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_probe_component_regs, "CXL");
