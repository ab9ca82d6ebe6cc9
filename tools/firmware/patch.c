// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overwrites the CEDT where it is: in memory that firmware has reserved, which
 * the kernel maps anew each time a driver asks for the table. The table keeps
 * its place and its space; its own length may be made smaller.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware.h"

#define TABLE_LENGTH	4
#define TABLE_CHECKSUM	9
#define TYPE_CHBS	0
#define TYPE_CFMWS	1
#define ANY_TYPE	-1
#define BIOS_START	0xe0000
#define BIOS_SIZE	0x20000

static const struct field {
	const char *name;
	int type;
	unsigned int offset, bytes;
} fields[] = {
	{ "type", ANY_TYPE, 0, 1 },
	{ "length", ANY_TYPE, 2, 2 },
	{ "maps", ANY_TYPE, 7, 1 },	/* of a CXIMS: how many */
	{ "uid", TYPE_CHBS, 4, 4 },
	{ "version", TYPE_CHBS, 8, 4 },
	{ "base", TYPE_CHBS, 16, 8 },
	{ "size", TYPE_CHBS, 24, 8 },
	{ "base", TYPE_CFMWS, 8, 8 },
	{ "size", TYPE_CFMWS, 16, 8 },
	{ "ways", TYPE_CFMWS, 24, 1 },
	{ "arithmetic", TYPE_CFMWS, 25, 1 },
	{ "granularity", TYPE_CFMWS, 28, 4 },
	{ "target", TYPE_CFMWS, 36, 4 },
};

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static void put(uint8_t *p, unsigned int bytes, uint64_t v)
{
	for (; bytes--; v >>= 8)
		*p++ = v;
}

/* in the table as it was before any patch */
static size_t find_entry(const uint8_t *table, size_t size, const struct patch *p)
{
	unsigned int entry = 0, window = 0;

	for (size_t at = CEDT_HEADER; at + 4 <= size; entry++) {
		unsigned int len = get(table + at + 2, 2);

		if (len < 4 || at + len > size)
			die("plan line %u: the table is broken already", p->line);
		if (p->where == PATCH_ENTRY && entry == p->index)
			return at;
		if (p->where == PATCH_BRIDGE && table[at] == TYPE_CHBS &&
		    get(table + at + 4, 4) == p->index)
			return at;
		if (p->where == PATCH_WINDOW && table[at] == TYPE_CFMWS &&
		    window++ == p->index)
			return at;
		at += len;
	}
	die("plan line %u: the CEDT has no such entry", p->line);
}

static void patch_entry(uint8_t *table, const uint8_t *before, size_t size,
			const struct patch *p)
{
	size_t at = find_entry(before, size, p);

	for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];

		if (strcmp(f->name, p->field) ||
		    (f->type != ANY_TYPE && f->type != before[at]))
			continue;
		put(table + at + f->offset, f->bytes, p->value);
		return;
	}
	die("plan line %u: that entry has no field '%s'", p->line, p->field);
}

static void fix_checksum(uint8_t *table, size_t size, unsigned int off_by)
{
	uint8_t sum = 0;

	table[TABLE_CHECKSUM] = 0;
	for (size_t i = 0; i < size; i++)
		sum += table[i];
	table[TABLE_CHECKSUM] = off_by - sum;
}

/* physical memory, which is mapped as the kernel has it */
static uint8_t *map_memory(int fd, uint64_t addr, size_t size)
{
	uint64_t skip = addr % 4096;
	uint8_t *map = mmap(NULL, size + skip, PROT_READ | PROT_WRITE, MAP_SHARED,
			    fd, (off_t)(addr - skip));

	if (map == MAP_FAILED)
		die("/dev/mem at 0x%llx: %s", (unsigned long long)addr,
		    strerror(errno));
	return map + skip;
}

/* the platform's pointer to its tables: ACPI 6.5 section 5.2.5 */
static uint8_t *find_table(int fd, const char *signature, size_t size)
{
	const uint8_t *bios = map_memory(fd, BIOS_START, BIOS_SIZE), *rsdp = NULL, *list;
	unsigned int bytes;
	uint64_t addr;

	for (size_t at = 0; at < BIOS_SIZE && !rsdp; at += 16)
		if (!memcmp(bios + at, "RSD PTR ", 8))
			rsdp = bios + at;
	if (!rsdp)
		die("no ACPI root pointer below 1 MiB");
	bytes = rsdp[15] >= 2 && get(rsdp + 24, 8) ? 8 : 4;
	addr = bytes == 8 ? get(rsdp + 24, 8) : get(rsdp + 16, 4);
	list = map_memory(fd, addr, CEDT_HEADER);
	list = map_memory(fd, addr, get(list + TABLE_LENGTH, 4));
	for (size_t at = CEDT_HEADER; at < get(list + TABLE_LENGTH, 4); at += bytes) {
		uint8_t *table = map_memory(fd, get(list + at, bytes), size);

		if (!memcmp(table, signature, 4))
			return table;
	}
	die("the platform has no table %s", signature);
}

void cedt_patch(const char *path, const struct patch *patches, size_t nr,
		bool dry_run)
{
	static uint8_t table[CEDT_MAX], before[CEDT_MAX];
	unsigned int off_by = 0;
	size_t size, length;
	int fd;

	size = cedt_load(path, before);
	length = size;
	memcpy(table, before, size);
	for (size_t i = 0; i < nr; i++) {
		const struct patch *p = &patches[i];

		if (p->where != PATCH_TABLE)
			patch_entry(table, before, size, p);
		else if (!strcmp(p->field, "checksum"))
			off_by = p->value;
		else if (!strcmp(p->field, "shorter") && p->value <= size - CEDT_HEADER)
			length = size - p->value;
		else if (p->field[0])
			die("plan line %u: the table has no field '%s'", p->line,
			    p->field);
	}
	put(table + TABLE_LENGTH, 4, length);
	fix_checksum(table, length, off_by);
	printf("%s %zu bytes of CEDT, %zu field%s changed\n",
	       dry_run ? "would write" : "wrote", length, nr, nr == 1 ? "" : "s");
	if (dry_run)
		return;

	fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("/dev/mem: %s", strerror(errno));
	memcpy(find_table(fd, "CEDT", size), table, size);
	close(fd);
}
