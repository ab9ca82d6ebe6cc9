// SPDX-License-Identifier: GPL-2.0-only
/* What the platform is asked: marks for the trace, devices by serial number, windows. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

/*
 * The port a PC's firmware shows its progress on: nothing listens. Where the kernel has
 * no /dev/port, a scratchpad of the host bridge, which nothing listens to either.
 */
int mark(int argc, char **argv)
{
	uint8_t bytes[2] = { 0xc8, strtoul(argv[0], NULL, 0) };
	const char *bridge = "/sys/bus/pci/devices/0000:00:00.0/config";
	int fd;

	(void)argc;
	fd = open("/dev/port", O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		fd = open(bridge, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || pwrite(fd, bytes, 2, 0xdc) != 2)
			return fail(bridge);
		return 0;
	}
	for (int i = 0; i < 2; i++)
		if (pwrite(fd, &bytes[i], 1, 0x80) != 1)
			return fail("/dev/port");
	return 0;
}

static uint64_t le(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* the serial number capability of a function's configuration space */
static int has_serial(const uint8_t *config, uint64_t serial)
{
	for (unsigned int at = 0x100, hops = 0; at && hops < 480; hops++) {
		if (le(config + at, 2) == 3)
			return le(config + at + 4, 8) == serial;
		at = le(config + at, 4) >> 20 & 0xffc;
	}
	return 0;
}

int find(int argc, char **argv)
{
	uint64_t serial = strtoull(argv[0], NULL, 0);
	struct dirent *d;
	DIR *dir;

	(void)argc;
	dir = opendir("/sys/bus/pci/devices");
	if (!dir)
		return fail("/sys/bus/pci/devices");
	while ((d = readdir(dir))) {
		uint8_t config[4096];
		char path[600];
		ssize_t got;
		int fd;

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		got = read(fd, config, sizeof(config));
		close(fd);
		/* no other device of the machine has a number of the topology's */
		if (got == sizeof(config) && has_serial(config, serial)) {
			printf("%s\n", d->d_name);
			return 0;
		}
	}
	fprintf(stderr, "cxla-guest: no CXL device with serial number %s\n", argv[0]);
	return 1;
}

#define CHBS	0	/* CXL 3.1 section 9.18.1 */
#define CFMWS	1

/* the first entry of a type that @is the one; NULL, and it was said what there is none of */
static const uint8_t *cedt_entry(uint8_t type, int (*is)(const uint8_t *entry, unsigned long),
				 unsigned long wanted, const char *what)
{
	static uint8_t table[65536];
	size_t size, at;
	FILE *f;

	/* init's copy: the table itself may be what is under test */
	f = fopen("/run/cedt", "r");
	if (!f) {
		fail("/run/cedt");
		return NULL;
	}
	size = fread(table, 1, sizeof(table), f);
	fclose(f);
	for (at = 36; at + 4 <= size; at += le(table + at + 2, 2)) {
		if (!le(table + at + 2, 2))
			break;
		if (table[at] == type && is(table + at, wanted))
			return table + at;
	}
	fprintf(stderr, "cxla-guest: no %s %lu\n", what, wanted);
	return NULL;
}

static int is_nth(const uint8_t *entry, unsigned long wanted)
{
	static unsigned long nr;

	(void)entry;
	return nr++ == wanted;
}

static int has_uid(const uint8_t *entry, unsigned long wanted)
{
	return le(entry + 4, 4) == wanted;
}

static int print_base(const uint8_t *entry, unsigned int offset)
{
	if (!entry)
		return 1;
	printf("0x%llx\n", (unsigned long long)le(entry + offset, 8));
	return 0;
}

int window(int argc, char **argv)
{
	(void)argc;
	return print_base(cedt_entry(CFMWS, is_nth, strtoul(argv[0], NULL, 0), "window"), 8);
}

int bridge(int argc, char **argv)
{
	(void)argc;
	return print_base(cedt_entry(CHBS, has_uid, strtoul(argv[0], NULL, 0), "host bridge"), 16);
}
