// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxla-guest pattern: words into a range, or out of it.
 *
 * A pattern word holds TAG in its high 24 bits and its own offset in the low 40,
 * so that whoever finds one knows whose it is and where it should be. Words are
 * in the first and the last page and in one cache line a MiB.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"

#define LINE	64UL
#define STEP	(1UL << 20)

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

int pattern(int argc, char **argv)
{
	uint64_t size, tag = strtoull(argv[2], NULL, 0) & 0xffffff;
	int writing = !strcmp(argv[0], "write");
	const char *node = argv[1];
	uint64_t *words;
	int fd;

	(void)argc;
	if (!writing && strcmp(argv[0], "check")) {
		fprintf(stderr, "cxla-guest: pattern is to write, or to check\n");
		return 2;
	}
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
