// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the CDAT of an endpoint
 *
 * The Coherent Device Attribute Table tells how fast a device's memory is. It
 * is read through the device's Data Object Exchange mailbox, a few hundred
 * accesses to configuration space (CXL 3.1 section 8.1.11), so nobody reads it
 * until somebody reads the file CDAT of the endpoint.
 */
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "port.h"

#define CXL_DOE_TABLE_ACCESS	2
#define CDAT_LAST_ENTRY		0xffff
/* for a whole table */
#define CDAT_PATIENCE		(30 * HZ)
#define CDAT_HEADER_SIZE	16
#define CDAT_MAX_SIZE		SZ_64K
/* an entry is a DSxxS structure, the longest of which has 24 bytes; be kind */
#define CDAT_MAX_ENTRY		256

struct cdat_response {
	__le32 header;	/* code, table type, handle of the next entry */
	u8 entry[CDAT_MAX_ENTRY];
} __packed;

static struct pci_doe_mb *cxla_cdat_mailbox(struct device *dev)
{
	struct cxl_port *port = to_cxl_port(dev);
	struct device *parent;

	if (!is_cxl_endpoint(port))
		return NULL;
	parent = to_cxl_memdev(port->uport_dev)->cxlds->dev;
	if (!dev_is_pci(parent))
		return NULL;
	return pci_find_doe_mailbox(to_pci_dev(parent), PCI_VENDOR_ID_CXL,
				    CXL_DOE_TABLE_ACCESS);
}

/*
 * Read entry by entry, the table's header being entry 0, until the device says
 * that there is no next one, or the buffer is full, which is an error: a device
 * that never ends must not be followed.
 */
static ssize_t cxla_cdat_fetch(struct pci_doe_mb *doe, u8 *buf, size_t size)
{
	struct cdat_response *response __free(kfree) =
		kmalloc(sizeof(*response), GFP_KERNEL);
	unsigned long end = jiffies + CDAT_PATIENCE;
	u32 handle = 0;
	size_t len = 0;

	if (!response)
		return -ENOMEM;

	do {
		__le32 request = cpu_to_le32(handle << 16);
		int rc;

		if (fatal_signal_pending(current))
			return -EINTR;
		/* who removes the device waits for who reads this */
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		rc = pci_doe(doe, PCI_VENDOR_ID_CXL, CXL_DOE_TABLE_ACCESS,
			     &request, sizeof(request), response,
			     sizeof(*response));
		if (rc < 0)
			return rc;
		rc -= sizeof(response->header);
		if (rc < 4 || rc > CDAT_MAX_ENTRY ||
		    (!handle && rc < CDAT_HEADER_SIZE))
			return -EIO;
		if (rc > size - len)
			return -EFBIG;
		memcpy(buf + len, response->entry, rc);
		len += rc;
		handle = le32_to_cpu(response->header) >> 16;
	} while (handle != CDAT_LAST_ENTRY);
	return len;
}

static ssize_t CDAT_read(struct file *file, struct kobject *kobj,
			 cxla_bin_attribute *attr, char *buf, loff_t off,
			 size_t count)
{
	struct device *dev = kobj_to_dev(kobj);
	struct pci_doe_mb *doe = cxla_cdat_mailbox(dev);
	ssize_t len;

	if (!doe)
		return -ENXIO;

	u8 *table __free(kvfree) = kvzalloc(CDAT_MAX_SIZE, GFP_KERNEL);
	if (!table)
		return -ENOMEM;

	len = cxla_cdat_fetch(doe, table, CDAT_MAX_SIZE);
	if (len < 0) {
		dev_dbg(dev, "CDAT can't be read: %zd\n", len);
		/* the ABI has an empty file stand for this */
		return len == -ENOMEM ? len : 0;
	}
	return memory_read_from_buffer(buf, count, &off, table, len);
}

static cxla_bin_attribute bin_attr_CDAT = {
	.attr = { .name = "CDAT", .mode = 0400 },
	.read = CDAT_read,
};

static cxla_bin_attribute_list cxla_cdat_attributes[] = {
	&bin_attr_CDAT,
	NULL
};

static umode_t cxla_cdat_visible(struct kobject *kobj,
				 cxla_bin_attribute *attr, int n)
{
	return cxla_cdat_mailbox(kobj_to_dev(kobj)) ? attr->attr.mode : 0;
}

static const struct attribute_group cxla_cdat_group = {
	.bin_attrs = cxla_cdat_attributes,
	.is_bin_visible = cxla_cdat_visible,
};

const struct attribute_group *cxla_port_cdat_groups[] = {
	&cxla_cdat_group,
	NULL
};
