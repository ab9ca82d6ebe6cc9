// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_acpi
 *
 * Platform firmware describes a CXL hierarchy by the device ACPI0017, one
 * ACPI0016 per host bridge, and the table CEDT (CXL 3.1 section 9.18). This
 * driver makes of them a root port, its windows, and the host-bridge ports. It
 * can be removed at any time: ranges below are revoked first.
 *
 * It has no module alias: a user who wants this stack loads it by name. Where
 * the in-tree cxl_acpi has the device it refuses to load.
 */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/list.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/range.h>

#include "../core/pci.h"
#include "../core/retry.h"
#include "../core/root.h"
#include "../core/started.h"
#include "../pause/pause.h"
#include "../version.h"
#include "cedt.h"
#include "interleave.h"

#define ROOT_DEVICE	"ACPI0017:00"

/**
 * struct cxla_block - the component registers of a host bridge that is in use
 * @list: on the list of the root, first come first
 * @uid: of the bridge
 * @range: where they are
 */
struct cxla_block {
	struct list_head list;
	u32 uid;
	struct range range;
};

struct cxla_acpi {
	struct device *host;
	struct cxl_port *root;
	int nr_windows;
	int window;
	struct list_head blocks;
};

/* ------------------------------- CEDT ------------------------------ */

static void cxla_cedt_bad(size_t offset, int type, const char *what, void *arg)
{
	struct cxla_acpi *ctx = arg;

	/* entries begin behind the header */
	if (!offset)
		dev_err(ctx->host, FW_BUG "CEDT: %s\n", what);
	else
		dev_err(ctx->host, FW_BUG "CEDT entry at %#zx, type %d: %s\n",
			offset, type, what);
}

static void cxla_broken_chbs(size_t offset, u32 uid, const char *what,
			     void *arg)
{
	struct cxla_acpi *ctx = arg;

	dev_err(ctx->host, FW_BUG "host bridge %u left out: %s\n", uid, what);
}

static int cxla_walk_cedt(const struct cedt_visitor *visitor)
{
	struct acpi_table_header *table;
	int rc;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_CEDT, 0, &table)))
		return -ENODEV;
	rc = cedt_walk(table, table->length, visitor);
	acpi_put_table(table);
	return rc;
}

static int cxla_count_window(const struct cedt_cfmws *cfmws, void *arg)
{
	struct cxla_acpi *ctx = arg;

	ctx->nr_windows++;
	return 0;
}

static unsigned long cxla_window_flags(u16 restrictions)
{
	unsigned long flags = 0;

	if (restrictions & CEDT_CFMWS_RESTRICT_TYPE2)
		flags |= CXL_DECODER_F_TYPE2;
	if (restrictions & CEDT_CFMWS_RESTRICT_TYPE3)
		flags |= CXL_DECODER_F_TYPE3;
	if (restrictions & CEDT_CFMWS_RESTRICT_VOLATILE)
		flags |= CXL_DECODER_F_RAM;
	if (restrictions & CEDT_CFMWS_RESTRICT_PMEM)
		flags |= CXL_DECODER_F_PMEM;
	if (restrictions & CEDT_CFMWS_RESTRICT_FIXED)
		flags |= CXL_DECODER_F_LOCK;
	return flags;
}

/* the first CXIMS that is for the granularity of a window counts */
static int cxla_match_cxims(const struct cedt_cxims *cxims, void *arg)
{
	struct cxla_window *window = arg;

	if (cxims->granularity != window->granularity)
		return 0;
	window->nr_maps = min_t(unsigned int, cxims->nr_maps, CXLA_MAX_XORMAPS);
	memcpy(window->maps, cxims->maps, window->nr_maps * sizeof(u64));
	return 1;
}

/* CXL 3.1 section 9.18.1.5; without its maps a window still has what is not interleaved */
static void cxla_find_maps(struct cxla_acpi *ctx, struct cxla_window *window)
{
	struct cedt_visitor visitor = {
		.cxims = cxla_match_cxims,
		.arg = window,
	};
	unsigned int needed = cxl_interleave_nr_maps(window->ways);

	cxla_walk_cedt(&visitor);
	if (window->nr_maps < needed)
		dev_err(ctx->host,
			FW_BUG
			"window [%#llx-%#llx] picks by XOR, and CEDT has %u of %u maps for %u bytes: nothing is interleaved in it\n",
			window->range.start, window->range.end, window->nr_maps,
			needed, window->granularity);
}

static int cxla_add_window(const struct cedt_cfmws *cfmws, void *arg)
{
	struct cxla_acpi *ctx = arg;
	struct cxla_window window = {
		.range.start = cfmws->base,
		.range.end = cfmws->base + cfmws->size - 1,
		.ways = cfmws->ways,
		.granularity = cfmws->granularity,
		.flags = cxla_window_flags(cfmws->restrictions),
		.qos_class = cfmws->qtg_id,
		.xor = !cfmws->modulo,
	};
	int rc;

	BUILD_BUG_ON(CEDT_MAX_TARGETS != CXLA_MAX_TARGETS);
	memcpy(window.targets, cfmws->targets, sizeof(window.targets));
	if (window.xor)
		cxla_find_maps(ctx, &window);

	rc = cxla_window_add(ctx->root, ctx->window++, &window);
	if (rc == -ENOMEM)
		return rc;
	/* a window that can't be used is no reason to do without the others */
	if (rc)
		dev_err(ctx->host,
			FW_BUG "window [%#llx-%#llx] left out: %s (%d)\n",
			window.range.start, window.range.end,
			rc == -EEXIST ? "it overlaps another" :
					"no place in the iomem tree", rc);
	return 0;
}

static int cxla_add_windows(struct cxla_acpi *ctx)
{
	struct cedt_visitor count = { .cfmws = cxla_count_window, .arg = ctx };
	struct cedt_visitor add = {
		.cfmws = cxla_add_window,
		.bad = cxla_cedt_bad,
		.broken_chbs = cxla_broken_chbs,
		.arg = ctx,
	};
	int rc;

	rc = cxla_walk_cedt(&count);
	if (rc)
		return rc;
	if (ctx->nr_windows) {
		rc = cxla_decoders_alloc(ctx->root, ctx->nr_windows);
		if (rc)
			return rc;
	}
	return cxla_walk_cedt(&add);
}

struct chbs_search {
	u32 uid;
	bool found;
	bool broken;
	bool twice;
	struct cedt_chbs chbs;
};

static int cxla_match_chbs(const struct cedt_chbs *chbs, void *arg)
{
	struct chbs_search *search = arg;

	if (chbs->uid != search->uid)
		return 0;
	if (search->found) {
		search->twice = true;
		return 0;
	}
	search->chbs = *chbs;
	search->found = true;
	return 0;
}

static void cxla_match_broken_chbs(size_t offset, u32 uid, const char *what,
				   void *arg)
{
	struct chbs_search *search = arg;

	if (uid == search->uid)
		search->broken = true;
}

/* --------------------------- host bridges -------------------------- */

/*
 * What is wrong has been said, once: windows that lead there, and devices below,
 * know of the host bridge, and find its port disabled.
 */
static int cxla_leave_out(struct cxla_acpi *ctx, struct device *bridge, u32 uid)
{
	guard(device)(&ctx->root->dev);
	return cxla_dport_add(ctx->root, bridge, uid, false);
}

/* a number, or a text that is one: ACPI 6.5 section 6.1.12 allows both */
static int cxla_bridge_uid(struct acpi_device *adev, u32 *uid)
{
	u64 value;

	if (acpi_dev_uid_to_integer(adev, &value) || value > U32_MAX) {
		dev_err(&adev->dev, FW_BUG "_UID '%s' is no number of 32 bits\n",
			acpi_device_uid(adev) ?: "");
		return -ENXIO;
	}
	*uid = value;
	return 0;
}

/* two bridges with the same registers would each write over the other's decoders */
static bool cxla_block_is_taken(struct cxla_acpi *ctx,
				const struct cxla_block *block)
{
	struct cxla_block *other;

	list_for_each_entry(other, &ctx->blocks, list) {
		if (other->range.end < block->range.start ||
		    block->range.end < other->range.start)
			continue;
		dev_err(ctx->host,
			FW_BUG "host bridge %u left out: its registers at %#llx are those of %u\n",
			block->uid, block->range.start, other->uid);
		return true;
	}
	return false;
}

static int cxla_add_bridge(struct cxla_acpi *ctx, struct device *bridge,
			   const struct cedt_chbs *chbs)
{
	struct cxl_register_map map = {
		.host = bridge,
		.resource = chbs->base,
		.max_size = chbs->length,
		.reg_type = CXL_REGLOC_RBI_COMPONENT,
	};
	struct cxl_dport *dport;
	struct cxl_port *port;
	bool rch = chbs->version == CEDT_CHBS_VERSION_CXL11;
	struct cxla_block *block;
	int rc;

	scoped_guard(device, &ctx->root->dev) {
		rc = cxla_dport_add(ctx->root, bridge, chbs->uid, rch);
		if (rc)
			return rc;
		dport = cxla_dport_by_dev(ctx->root, bridge);
	}
	if (rch) {
		dev_info(ctx->host,
			 "host bridge %u is CXL 1.1, devices below are left alone\n",
			 chbs->uid);
		return 0;
	}

	block = devm_kzalloc(ctx->host, sizeof(*block), GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	block->uid = chbs->uid;
	block->range.start = chbs->base;
	block->range.end = chbs->base + chbs->length - 1;

	/* what is broken has been said; devices below find the port disabled */
	if (cxla_block_is_taken(ctx, block))
		return 0;
	rc = cxla_probe_component_regs(&map);
	if (rc)
		return rc == -ENXIO ? 0 : rc;
	list_add_tail(&block->list, &ctx->blocks);
	/* the root keeps @dport until its children are gone */
	port = cxla_port_add(NULL, bridge, &map, dport);
	if (IS_ERR(port))
		return PTR_ERR(port);
	/* one that is not up is there, and says so to who needs it */
	rc = cxla_device_bind(&port->dev);
	return rc == -ENOMEM ? rc : 0;
}

static int cxla_try_bridge(struct cxla_acpi *ctx, struct acpi_device *adev)
{
	struct chbs_search search = { };
	struct cedt_visitor visitor = {
		.chbs = cxla_match_chbs,
		.broken_chbs = cxla_match_broken_chbs,
		.arg = &search,
	};
	struct acpi_pci_root *pci_root;
	int rc;

	pci_root = acpi_pci_find_root(adev->handle);
	if (!pci_root || !pci_root->bus)
		return -ENODEV;
	rc = cxla_bridge_uid(adev, &search.uid);
	if (rc)
		return rc;
	rc = cxla_walk_cedt(&visitor);
	if (rc)
		return rc;
	if (!search.found) {
		if (!search.broken)
			dev_err(ctx->host,
				FW_BUG "host bridge %u left out: it has no CHBS\n",
				search.uid);
		return cxla_leave_out(ctx, pci_root->bus->bridge, search.uid);
	}
	if (search.twice)
		dev_err(ctx->host,
			FW_BUG "host bridge %u has more than one CHBS, the first counts\n",
			search.uid);
	return cxla_add_bridge(ctx, pci_root->bus->bridge, &search.chbs);
}

static int cxla_add_bridges(struct cxla_acpi *ctx)
{
	struct acpi_device *adev;
	int rc;

	for_each_acpi_dev_match(adev, "ACPI0016", NULL, -1) {
		rc = cxla_try_bridge(ctx, adev);
		if (rc == -ENOMEM) {
			acpi_dev_put(adev);
			return rc;
		}
		/* the others may be good; -ENXIO: that has been told */
		if (rc && rc != -ENXIO)
			dev_err(ctx->host, "host bridge %s left out: %d\n",
				dev_name(&adev->dev), rc);
	}
	return 0;
}

/* the address space is reserved all the same: such a window stays */
static void cxla_check_window(struct cxla_acpi *ctx,
			      const struct cxl_decoder *cxld)
{
	for (int i = 0; i < cxld->nr_targets; i++)
		if (!xa_load(&ctx->root->dports, cxld->targets[i]))
			dev_err(ctx->host,
				FW_BUG "window [%#llx-%#llx]: no host bridge %u\n",
				cxld->hpa_range.start, cxld->hpa_range.end,
				cxld->targets[i]);
}

static void cxla_check_windows(struct cxla_acpi *ctx)
{
	for (int i = 0; i < ctx->root->nr_decoders; i++)
		if (ctx->root->decoders[i])
			cxla_check_window(ctx, ctx->root->decoders[i]);
}

/* ------------------------------ driver ----------------------------- */

static void cxla_root_remove(struct cxl_port *root)
{
	cxla_pause(CXLA_PAUSE_ROOT_ENDING);
	scoped_guard(device, &root->dev)
		cxla_port_remove_children(root, NULL, false);
	cxla_windows_remove(root);
	scoped_guard(device, &root->dev)
		cxla_dports_remove(root);
	cxla_port_unregister(root);
}

static int cxla_acpi_probe(struct platform_device *pdev)
{
	struct cxla_acpi ctx = { .host = &pdev->dev };
	int rc;

	INIT_LIST_HEAD(&ctx.blocks);
	ctx.root = cxla_port_add(&pdev->dev, &pdev->dev, NULL, NULL);
	if (IS_ERR(ctx.root))
		return PTR_ERR(ctx.root);
	cxla_pause(CXLA_PAUSE_ROOT_ADDED);

	rc = cxla_add_windows(&ctx);
	if (!rc)
		rc = cxla_add_bridges(&ctx);
	if (rc) {
		cxla_root_remove(ctx.root);
		return dev_err_probe(&pdev->dev, rc, "no CXL root\n");
	}
	cxla_check_windows(&ctx);
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	cxla_enum_start();
	platform_set_drvdata(pdev, ctx.root);
	return 0;
}

static void cxla_acpi_remove(struct platform_device *pdev)
{
	cxla_root_remove(platform_get_drvdata(pdev));
}

static const struct acpi_device_id cxla_acpi_ids[] = {
	{ "ACPI0017" },
	{ }
};

static struct platform_driver cxla_acpi_driver = {
	.probe = cxla_acpi_probe,
	.remove = cxla_acpi_remove,
	.driver = {
		.name = "cxla_acpi",
		.acpi_match_table = cxla_acpi_ids,
	},
};

/* who has the root: 0 nobody, -EBUSY somebody, -ENODEV there is none */
static int cxla_root_free(void)
{
	struct acpi_table_header *table;
	struct device *dev;
	int rc = 0;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_CEDT, 0, &table))) {
		pr_err("no CEDT: firmware describes no CXL on this machine\n");
		return -ENODEV;
	}
	acpi_put_table(table);

	dev = bus_find_device_by_name(&platform_bus_type, NULL, ROOT_DEVICE);
	if (!dev) {
		pr_err("no device " ROOT_DEVICE ": firmware describes no CXL root\n");
		return -ENODEV;
	}
	scoped_guard(device, dev) {
		if (dev->driver) {
			pr_err(ROOT_DEVICE " is bound to %s: unbind it first, or use 'cxla load --takeover'\n",
			       dev->driver->name);
			rc = -EBUSY;
		}
	}
	put_device(dev);
	return rc;
}

static int __init cxla_acpi_init(void)
{
	int rc;

	rc = cxla_root_free();
	if (rc)
		return rc;
	return platform_driver_register(&cxla_acpi_driver);
}

static void __exit cxla_acpi_exit(void)
{
	platform_driver_unregister(&cxla_acpi_driver);
}

module_init(cxla_acpi_init);
module_exit(cxla_acpi_exit);
MODULE_DESCRIPTION("CXL accelerator attach: ACPI root");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_SOFTDEP("pre: cxla_port cxla_mem");
