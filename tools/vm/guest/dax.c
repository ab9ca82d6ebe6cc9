// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user of a device of device-dax: maps all of it, writes its pattern, and compares it
 * again and again. Once it was answered by SIGBUS each touch has to be. On SIGTERM it
 * gives its verdict and ends.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/* a rest after each pass: whoever is rebound around it needs time, too */
#define REST_NS	5000000

/* 0, or 1 when the answer is SIGBUS */
static int pass(uint64_t *words, uint64_t size, uint64_t tag, int writing)
{
	if (sigsetjmp(bus, 1))
		return 1;
	pattern_blocks(words, size, tag, writing);
	return 0;
}

/* does any page answer still */
static int answers(uint64_t *words, uint64_t size)
{
	static volatile int found;
	static volatile uint64_t at;

	found = 0;
	for (at = 0; at < size; at += PAGE << 9) {
		if (sigsetjmp(bus, 1))
			continue;
		(void)*(volatile uint64_t *)(words + at / 8);
		found = 1;
	}
	return found;
}

static int follow(uint64_t *words, uint64_t size, uint64_t tag)
{
	struct timespec pause = { .tv_nsec = REST_NS };
	unsigned long passes = 0;
	int lost, back = 0;

	lost = pass(words, size, tag, 1);
	while (!ended) {
		if (!lost) {
			lost = pass(words, size, tag, 0);
			if (lost)
				printf("sigbus\n");
			else if (!passes++)
				printf("holding %lu words\n", pattern_done);
		} else if (!back && answers(words, size)) {
			back = 1;
			printf("a page answers after SIGBUS\n");
		}
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
	printf("passes %lu, %lu words, %lu wrong\n", passes, pattern_done, pattern_wrong);
	if (pattern_wrong)
		printf("end: wrong\n");
	else if (!lost)
		printf("end: right\n");
	else
		printf(back ? "end: came back\n" : "end: gone for good\n");
	return 0;
}

int keep(int argc, char **argv)
{
	uint64_t size;
	void *words;
	int fd;

	if (argc != 2)
		return 2;
	fd = open(argv[0], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(argv[0]);
	size = dax_size(argv[0]);
	if (!size)
		return 1;
	words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		return fail("mmap");
	hear_signals();
	return follow(words, size, strtoull(argv[1], NULL, 0) & 0xffffff);
}
