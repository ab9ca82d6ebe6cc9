// SPDX-License-Identifier: GPL-2.0-only
/* The CXL Early Discovery Table, as far as a plan needs it: CXL 3.1 9.18.1 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "firmware.h"

static uint64_t le(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static void read_chbs(struct cedt *cedt, const uint8_t *p, unsigned int len)
{
	struct chbs *b;

	if (len < 32 || cedt->nr_bridges == MAX_PORTS)
		die("CEDT: a CHBS of %u bytes, or too many", len);
	b = &cedt->bridges[cedt->nr_bridges++];
	b->uid = le(p + 4, 4);
	b->version = le(p + 8, 4);
	b->base = le(p + 16, 8);
	b->length = le(p + 24, 8);
}

static void read_cfmws(struct cedt *cedt, const uint8_t *p, unsigned int len)
{
	struct window *w;

	if (len < 40 || cedt->nr_windows == MAX_PORTS)
		die("CEDT: a CFMWS of %u bytes, or too many", len);
	w = &cedt->windows[cedt->nr_windows++];
	w->base = le(p + 8, 8);
	w->size = le(p + 16, 8);
	w->ways = p[24] < 5 ? 1U << p[24] : 3U << (p[24] - 8);
	w->granularity = 256ULL << le(p + 28, 4);
	if (w->ways > MAX_WAYS || len < 36 + 4 * w->ways)
		die("CEDT: a CFMWS with %u ways in %u bytes", w->ways, len);
	for (unsigned int i = 0; i < w->ways; i++)
		w->targets[i] = le(p + 36 + 4 * i, 4);
}

size_t cedt_load(const char *path, uint8_t table[CEDT_MAX])
{
	size_t size;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		die("%s: %s (no CXL platform?)", path, strerror(errno));
	size = fread(table, 1, CEDT_MAX, f);
	fclose(f);
	if (size < CEDT_HEADER || memcmp(table, "CEDT", 4))
		die("%s: not a CEDT", path);
	return size;
}

void cedt_read(const char *path, struct cedt *cedt)
{
	static uint8_t table[CEDT_MAX];
	size_t size, at;

	size = cedt_load(path, table);
	for (at = CEDT_HEADER; at + 4 <= size; ) {
		unsigned int len = le(table + at + 2, 2);

		if (len < 4 || at + len > size)
			die("%s: entry at %zu has %u bytes", path, at, len);
		if (table[at] == 0)
			read_chbs(cedt, table + at, len);
		else if (table[at] == 1)
			read_cfmws(cedt, table + at, len);
		at += len;
	}
}

const struct chbs *cedt_bridge(const struct cedt *cedt, uint32_t uid)
{
	for (unsigned int i = 0; i < cedt->nr_bridges; i++)
		if (cedt->bridges[i].uid == uid)
			return &cedt->bridges[i];
	die("CEDT: no CHBS for host bridge with _UID %u", uid);
}
