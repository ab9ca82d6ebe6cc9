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

int window(int argc, char **argv)
{
	unsigned long wanted = strtoul(argv[0], NULL, 0), nr = 0;
	uint8_t table[65536];
	size_t size, at;
	FILE *f;

	(void)argc;
	/* init's copy: the table itself may be what is under test */
	f = fopen("/run/cedt", "r");
	if (!f)
		return fail("/run/cedt");
	size = fread(table, 1, sizeof(table), f);
	for (at = 36; at + 4 <= size; at += le(table + at + 2, 2)) {
		if (!le(table + at + 2, 2))
			break;
		if (table[at] == 1 && nr++ == wanted) {
			printf("0x%llx\n", (unsigned long long)le(table + at + 8, 8));
			return 0;
		}
	}
	fprintf(stderr, "cxla-guest: no window %lu\n", wanted);
	return 1;
}
