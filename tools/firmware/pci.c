// SPDX-License-Identifier: GPL-2.0-only
/* A PCI function through sysfs: configuration space, capabilities, BARs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware.h"

#define CXL_VENDOR		0x1e98
#define DVSEC_CXL_DEVICE	0
#define DVSEC_LOCATOR		8
#define DVSEC_CXL_CTRL		0x0c
#define DVSEC_RANGE_SIZE	0x18	/* of the first range, high and low */
#define DVSEC_RANGE_BASE	0x20
#define  RANGE_LOW		0xf0000000U
#define  CXL_CTRL_MEM_ENABLE	0x0004
#define LOCATOR_ENTRIES		0x0c
#define BLOCK_COMPONENT		1
#define COMPONENT_BLOCK		0x10000

bool pci_open(struct pci_function *f, const char *path)
{
	char config[600];

	copy_path(f->path, path);
	f->name = strrchr(f->path, '/') + 1;
	snprintf(config, sizeof(config), "%s/config", path);
	f->config = open(config, O_RDWR | O_CLOEXEC);
	return f->config >= 0;
}

void pci_close(struct pci_function *f)
{
	close(f->config);
}

static void config_read(const struct pci_function *f, unsigned int off,
			void *buf, size_t len)
{
	if (pread(f->config, buf, len, off) != (ssize_t)len)
		die("%s: config space at 0x%x can't be read", f->name, off);
}

uint16_t pci_read16(const struct pci_function *f, unsigned int off)
{
	uint16_t val;

	config_read(f, off, &val, sizeof(val));
	return val;
}

uint32_t pci_read32(const struct pci_function *f, unsigned int off)
{
	uint32_t val;

	config_read(f, off, &val, sizeof(val));
	return val;
}

void pci_write16(const struct pci_function *f, unsigned int off, uint16_t val)
{
	if (pwrite(f->config, &val, sizeof(val), off) != sizeof(val))
		die("%s: config space at 0x%x: %s", f->name, off, strerror(errno));
}

static void pci_write32(const struct pci_function *f, unsigned int off, uint32_t val)
{
	if (pwrite(f->config, &val, sizeof(val), off) != sizeof(val))
		die("%s: config space at 0x%x: %s", f->name, off, strerror(errno));
}

/* offset of the next extended capability after @at (0: the first), or 0 */
static unsigned int next_ext_cap(const struct pci_function *f, unsigned int at)
{
	uint32_t probe;

	/* a conventional function has 256 bytes, and no extended space */
	if (!at)
		return pread(f->config, &probe, 4, 0x100) == 4 && probe &&
			probe != ~0U ? 0x100 : 0;
	at = pci_read32(f, at) >> 20 & ~3U;
	return at >= 0x100 ? at : 0;
}

unsigned int pci_find_cxl_dvsec(const struct pci_function *f, uint16_t id)
{
	unsigned int at = 0;

	while ((at = next_ext_cap(f, at)))
		if (pci_read16(f, at) == 0x23 &&
		    pci_read16(f, at + 4) == CXL_VENDOR &&
		    pci_read16(f, at + 8) == id)
			return at;
	return 0;
}

bool pci_serial(const struct pci_function *f, uint64_t *serial)
{
	unsigned int at = 0;

	while ((at = next_ext_cap(f, at)))
		if (pci_read16(f, at) == 0x03) {
			*serial = pci_read32(f, at + 4) |
				  (uint64_t)pci_read32(f, at + 8) << 32;
			return true;
		}
	return false;
}

static unsigned int pcie_cap(const struct pci_function *f)
{
	unsigned int at = pci_read16(f, 0x34) & 0xfc;

	for (int hops = 0; at && hops < 48; hops++) {
		uint16_t cap = pci_read16(f, at);

		if ((cap & 0xff) == 0x10)
			return at;
		at = cap >> 8 & 0xfc;
	}
	return 0;
}

int pci_port_type(const struct pci_function *f)
{
	unsigned int at = pcie_cap(f);

	return at ? pci_read16(f, at + 2) >> 4 & 0xf : -1;
}

unsigned int pci_port_number(const struct pci_function *f)
{
	unsigned int at = pcie_cap(f);

	if (!at)
		die("%s: no PCI Express capability", f->name);
	return pci_read32(f, at + 0x0c) >> 24;
}

/* memory decoding must be on before a BAR can be touched */
static void enable_function(const struct pci_function *f)
{
	char path[600];
	FILE *file;

	/* PCI_COMMAND_MEMORY: a bridge that has its driver is enabled already */
	if (pci_read16(f, 4) & 2)
		return;
	snprintf(path, sizeof(path), "%s/enable", f->path);
	file = fopen(path, "w");
	if (!file || fputs("1", file) < 0 || fclose(file))
		die("%s: %s", path, strerror(errno));
}

volatile uint32_t *pci_map_component(const struct pci_function *f,
				     uint64_t *bar_offset)
{
	unsigned int at = pci_find_cxl_dvsec(f, DVSEC_LOCATOR);
	unsigned int len, entry;

	if (!at)
		return NULL;
	len = pci_read16(f, at + 6) >> 4;
	for (entry = LOCATOR_ENTRIES; entry + 8 <= len; entry += 8) {
		uint32_t low = pci_read32(f, at + entry);
		uint32_t high = pci_read32(f, at + entry + 4);
		char path[600];
		void *map;
		int fd;

		if ((low >> 8 & 0xff) != BLOCK_COMPONENT)
			continue;
		*bar_offset = (low & 0xffff0000) | (uint64_t)high << 32;
		enable_function(f);
		snprintf(path, sizeof(path), "%s/resource%u", f->path, low & 7);
		fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
		if (fd < 0)
			die("%s: %s", path, strerror(errno));
		map = mmap(NULL, COMPONENT_BLOCK, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, (off_t)*bar_offset);
		if (map == MAP_FAILED)
			die("%s: mmap at 0x%llx: %s", path,
			    (unsigned long long)*bar_offset, strerror(errno));
		close(fd);
		return map;
	}
	return NULL;
}

void pci_mem_enable(const struct pci_function *f, bool on, bool dry_run)
{
	unsigned int at = pci_find_cxl_dvsec(f, DVSEC_CXL_DEVICE);
	uint16_t ctrl, wanted;

	if (!at)
		die("%s: no DVSEC for CXL devices", f->name);
	ctrl = pci_read16(f, at + DVSEC_CXL_CTRL);
	wanted = on ? ctrl | CXL_CTRL_MEM_ENABLE : ctrl & ~CXL_CTRL_MEM_ENABLE;
	if (dry_run || ctrl == wanted)
		return;
	pci_write16(f, at + DVSEC_CXL_CTRL, wanted);
	if (pci_read16(f, at + DVSEC_CXL_CTRL) != wanted)
		die("%s: Mem_Enable does not stay %d", f->name, on);
}

void pci_dvsec_range(const struct pci_function *f, uint64_t base, uint64_t size, bool dry_run)
{
	unsigned int at = pci_find_cxl_dvsec(f, DVSEC_CXL_DEVICE);
	uint64_t has;

	if (!at)
		die("%s: no DVSEC for CXL devices", f->name);
	has = (uint64_t)pci_read32(f, at + DVSEC_RANGE_SIZE) << 32 |
	      (pci_read32(f, at + DVSEC_RANGE_SIZE + 4) & RANGE_LOW);
	if (has != size)
		die("%s: the first range of its DVSEC has 0x%llx bytes, not 0x%llx", f->name,
		    (unsigned long long)has, (unsigned long long)size);
	printf("endpoint %s: DVSEC range [0x%llx-0x%llx]\n", f->name, (unsigned long long)base,
	       (unsigned long long)(base + size - 1));
	if (dry_run)
		return;
	pci_write32(f, at + DVSEC_RANGE_BASE, base >> 32);
	pci_write32(f, at + DVSEC_RANGE_BASE + 4, (uint32_t)base);
	if (((uint64_t)pci_read32(f, at + DVSEC_RANGE_BASE) << 32 |
	     (pci_read32(f, at + DVSEC_RANGE_BASE + 4) & RANGE_LOW)) != base)
		die("%s: the base of its DVSEC range does not stay", f->name);
}
