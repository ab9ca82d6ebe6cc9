// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small things that scenarios need and a shell can't do:
 *
 *   cxla-guest pattern write|check NODE TAG	words into or out of a range, by mmap;
 *						NODE may be /dev/daxN.M as well
 *   cxla-guest info NODE			what CXLA_IOC_INFO says, as key=value
 *   cxla-guest mark BYTE			a marker in QEMU's trace
 *   cxla-guest find SERIAL			PCI address of that CXL device
 *   cxla-guest window N			first address of a CEDT window
 *   cxla-guest hold NODE			a user of the range, until SIGTERM: hold.c
 *   cxla-guest keep /dev/daxN.M TAG		a user of it, until SIGTERM: dax.c
 *   cxla-guest events NODE [COUNT] [late]	what happens, one a line: events.c
 *   cxla-guest killed [-l] PATH WHERE US TEXT...	kill a writer inside a write: killed.c
 *   cxla-guest decoders ADDRESS		how many of it are committed: decoders.c
 *   cxla-guest mapped NODE r|rw PROT shared|private [PROT]	may it be: mapped.c
 *   cxla-guest monitor COMMAND...		something for QEMU's monitor: monitor.c
 *
 * A pattern word holds TAG in its high 24 bits and its own offset in the low 40,
 * so that whoever finds one knows whose it is and where it should be. Words are
 * in the first and the last page and in one cache line a MiB.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define LINE	64UL
#define STEP	(1UL << 20)

int fail(const char *what)
{
	fprintf(stderr, "cxla-guest: %s: %s\n", what, strerror(errno));
	return 1;
}

int get_info(int fd, struct cxla_accel_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return ioctl(fd, CXLA_IOC_INFO, info);
}

unsigned long pattern_done, pattern_wrong;

static void block(volatile uint64_t *words, uint64_t offset, uint64_t size,
		  uint64_t tag, int writing)
{
	for (uint64_t at = offset; at < offset + size; at += 8) {
		uint64_t want = tag << 40 | at;

		pattern_done++;
		if (writing) {
			words[at / 8] = want;
		} else if (words[at / 8] != want && pattern_wrong++ < 4) {
			fprintf(stderr, "at 0x%llx: 0x%llx, not 0x%llx\n",
				(unsigned long long)at,
				(unsigned long long)words[at / 8],
				(unsigned long long)want);
		}
	}
}

void pattern_blocks(uint64_t *words, uint64_t size, uint64_t tag, int writing)
{
	block(words, 0, PAGE, tag, writing);
	for (uint64_t at = STEP; at < size; at += STEP)
		block(words, at, LINE, tag, writing);
	block(words, size - PAGE, PAGE, tag, writing);
}

/* bytes of the range behind an open node; 0: it has none, which was said */
static uint64_t size_of(const char *node, int fd)
{
	struct cxla_accel_info info;

	if (is_dax(node))
		return dax_size(node);
	if (get_info(fd, &info)) {
		fail("CXLA_IOC_INFO");
		return 0;
	}
	if (!info.hpa_size)
		fprintf(stderr, "%s: no range\n", node);
	return info.hpa_size;
}

static int pattern(const char *mode, const char *node, const char *tag_text)
{
	uint64_t size, tag = strtoull(tag_text, NULL, 0) & 0xffffff;
	int writing = !strcmp(mode, "write");
	uint64_t *words;
	int fd;

	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(node);
	size = size_of(node, fd);
	if (!size)
		return 1;
	words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		return fail("mmap");
	pattern_blocks(words, size, tag, writing);
	printf("%s: %lu words %s, %lu wrong\n", node, pattern_done,
	       writing ? "written" : "read", pattern_wrong);
	return pattern_wrong != 0;
}

static int info(const char *node)
{
	struct cxla_accel_info i;
	int fd;

	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(node);
	if (get_info(fd, &i))
		return fail("CXLA_IOC_INFO");
	printf("state=%u\nreason=%u\nhpa_start=0x%llx\nhpa_size=0x%llx\n"
	       "capacity=0x%llx\nserial=0x%llx\nmemdev_id=%d\nregion_id=%d\nerror=%u\n"
	       "total_ns=%llu\nmmio_reads=%u\nmmio_writes=%u\ncfg_reads=%u\ncfg_writes=%u\n",
	       i.state, i.reason, (unsigned long long)i.hpa_start,
	       (unsigned long long)i.hpa_size, (unsigned long long)i.capacity,
	       (unsigned long long)i.serial, i.memdev_id, i.region_id, i.error,
	       (unsigned long long)i.record.total_ns, i.record.mmio_reads,
	       i.record.mmio_writes, i.record.cfg_reads, i.record.cfg_writes);
	return 0;
}

/*
 * The port a PC's firmware shows its progress on: nothing listens. Where the kernel has
 * no /dev/port, a scratchpad of the host bridge, which nothing listens to either.
 */
static int mark(const char *text)
{
	uint8_t bytes[2] = { 0xc8, strtoul(text, NULL, 0) };
	const char *bridge = "/sys/bus/pci/devices/0000:00:00.0/config";
	int fd;

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

static int find(const char *text)
{
	uint64_t serial = strtoull(text, NULL, 0);
	struct dirent *d;
	DIR *dir;

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
	fprintf(stderr, "cxla-guest: no CXL device with serial number %s\n", text);
	return 1;
}

static int window(const char *text)
{
	unsigned long wanted = strtoul(text, NULL, 0), nr = 0;
	uint8_t table[65536];
	size_t size, at;
	FILE *f;

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

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "pattern") &&
	    (!strcmp(argv[2], "write") || !strcmp(argv[2], "check")))
		return pattern(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "info"))
		return info(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "mark"))
		return mark(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "find"))
		return find(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "window"))
		return window(argv[2]);
	if (argc >= 3 && !strcmp(argv[1], "hold"))
		return hold(argc - 2, argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "keep"))
		return keep(argc - 2, argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "events"))
		return events(argc - 2, argv + 2);
	if (argc >= 6 && !strcmp(argv[1], "killed"))
		return killed(argc - 2, argv + 2);
	if (argc == 3 && !strcmp(argv[1], "decoders"))
		return decoders(argc - 2, argv + 2);
	if (argc >= 6 && !strcmp(argv[1], "mapped"))
		return mapped(argc - 2, argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "monitor"))
		return monitor(argc - 2, argv + 2);
	fprintf(stderr, "usage: cxla-guest pattern write|check NODE TAG |\n"
		"       info NODE | mark BYTE | find SERIAL | window N | hold NODE |\n"
		"       keep /dev/daxN.M TAG |\n"
		"       events NODE [COUNT] [late] | killed [-l] PATH WHERE US TEXT... |\n"
		"       decoders ADDRESS | mapped NODE r|rw PROT shared|private [PROT] |\n"
		"       monitor COMMAND...\n");
	return 2;
}
