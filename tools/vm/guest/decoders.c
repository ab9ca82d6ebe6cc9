// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many HDM decoders of a device are committed, or all that these say, by its
 * registers and nobody else's account of them; and where the component registers of a
 * PCI function are. CXL 3.1 sections 8.1.9 and 8.2.4.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define VENDOR_CXL	0x1e98
#define LOCATOR		8	/* DVSEC */
#define COMPONENT	1	/* register block */
#define CACHEMEM	0x1000
#define HDM		5	/* capability */
#define COMMITTED	(1U << 10)

static uint32_t config[1024];

/* the DVSEC that lists register blocks, in words; 0: there is none */
static unsigned int locator(void)
{
	for (unsigned int at = 0x100 / 4, hops = 0; at && hops < 480; hops++) {
		if ((config[at] & 0xffff) == 0x23 && (config[at + 1] & 0xffff) == VENDOR_CXL &&
		    (config[at + 2] & 0xffff) == LOCATOR)
			return at;
		at = (config[at] >> 20 & 0xffc) / 4;
	}
	return 0;
}

static void print(volatile uint32_t *hdm, unsigned int decoder)
{
	printf("decoder %u:", decoder);
	for (unsigned int reg = 0; reg < 7; reg++)
		printf(" %08x", hdm[(0x10 + 0x20 * decoder) / 4 + reg]);
	printf("\n");
}

static int count(const char *address, unsigned int bar, uint64_t offset, bool all)
{
	volatile uint32_t *regs, *hdm = NULL;
	unsigned int decoders, committed = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%u", address, bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(path);
	regs = mmap(NULL, 0x10000, PROT_READ, MAP_SHARED, fd, offset);
	if (regs == MAP_FAILED)
		return fail("mmap");
	regs += CACHEMEM / 4;
	for (unsigned int i = 1; i <= regs[0] >> 24; i++)
		if ((regs[i] & 0xffff) == HDM)
			hdm = regs + (regs[i] >> 20) / 4;
	if (!hdm) {
		fprintf(stderr, "%s: no HDM decoders\n", address);
		return 1;
	}
	decoders = hdm[0] & 0xf ? (hdm[0] & 0xf) * 2 : 1;
	for (unsigned int i = 0; i < decoders; i++) {
		if (!(hdm[(0x20 + 0x20 * i) / 4] & COMMITTED))
			continue;
		committed++;
		if (all)
			print(hdm, i);
	}
	if (!all)
		printf("%u\n", committed);
	return 0;
}

/* where the component registers of a function are; they begin at @offset in the BAR */
static int find_block(const char *address, unsigned int *bar, uint64_t *offset)
{
	unsigned int dvsec, blocks;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, config, sizeof(config)) != sizeof(config))
		return fail(path);
	close(fd);
	dvsec = locator();
	blocks = dvsec ? ((config[dvsec + 1] >> 20) - 0xc) / 8 : 0;
	for (unsigned int i = 0; i < blocks; i++) {
		uint32_t low = config[dvsec + 3 + 2 * i];

		if ((low >> 8 & 0xff) != COMPONENT)
			continue;
		*bar = low & 7;
		*offset = (low & 0xffff0000) | (uint64_t)config[dvsec + 4 + 2 * i] << 32;
		return 0;
	}
	fprintf(stderr, "%s: no component registers\n", address);
	return 1;
}

int decoders(int argc, char **argv)
{
	unsigned int bar;
	uint64_t offset;

	if (argc == 2 && strcmp(argv[1], "all"))
		return 2;
	return find_block(argv[0], &bar, &offset) || count(argv[0], bar, offset, argc == 2);
}

int registers(int argc, char **argv)
{
	unsigned long long start = 0;
	unsigned int bar;
	uint64_t offset;
	char path[128];
	FILE *f;

	(void)argc;
	if (find_block(argv[0], &bar, &offset))
		return 1;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", argv[0]);
	f = fopen(path, "r");
	if (!f)
		return fail(path);
	for (unsigned int i = 0; i <= bar; i++)
		if (fscanf(f, "%llx %*x %*x", &start) != 1)
			return fail(path);
	fclose(f);
	printf("0x%llx\n", start + offset);
	return 0;
}
