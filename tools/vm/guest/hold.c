// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user of a range: maps all of it, touches it in a loop, and tells when it was
 * answered by SIGBUS. Once it has read of the revoke each touch has to be, also when
 * the device has a range again. On SIGTERM it gives its verdict and ends.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/* pages of a pass, and a rest after it: whoever ends the range needs time, too */
#define PAGES	32
#define REST_NS	5000000

/* 0, or 1 when the answer is SIGBUS */
static int touch(volatile uint64_t *word)
{
	if (sigsetjmp(bus, 1))
		return 1;
	*word = *word + 1;
	return 0;
}

static unsigned long touch_all(char *range, uint64_t size, unsigned long *count)
{
	unsigned long refused = 0;

	*count = 0;
	for (uint64_t at = 0; at < size; at += size / PAGES, (*count)++)
		refused += touch((uint64_t *)(range + at));
	refused += touch((uint64_t *)(range + size - 8));
	(*count)++;
	return refused;
}

/* did a revoke happen that was not told of before */
static int read_revoke(int fd)
{
	struct cxla_event event;
	int revoked = 0;

	while (read(fd, &event, sizeof(event)) == sizeof(event))
		revoked |= event.type == CXLA_EVENT_REVOKE;
	return revoked;
}

static int follow(int fd, char *range, uint64_t size)
{
	struct timespec now, pause = { .tv_nsec = REST_NS };
	unsigned long count, refused, passes = 0;
	int lost = 0, told = 0, back = 0;

	while (!ended) {
		told |= read_revoke(fd);
		refused = touch_all(range, size, &count);
		if (!passes++ && !refused)
			printf("holding %lu pages\n", count);
		if (refused && !lost++) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			printf("sigbus %llu\n",
			       now.tv_sec * 1000000000ULL + now.tv_nsec);
		}
		if (told && refused != count && !back++)
			printf("%lu of %lu pages after the revoke\n", count - refused, count);
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
	if (!lost)
		printf("end: never refused\n");
	else if (!told)
		printf("end: refused without a revoke\n");
	else
		printf(back ? "end: came back\n" : "end: gone for good\n");
	return 0;
}

int hold(int argc, char **argv)
{
	struct cxla_accel_info info;
	int fd;
	char *range;

	if (argc != 1)
		return 2;
	fd = open(argv[0], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(argv[0]);
	if (get_info(fd, &info))
		return fail("CXLA_IOC_INFO");
	if (!info.hpa_size) {
		fprintf(stderr, "%s: no range\n", argv[0]);
		return 1;
	}
	/* what was before is none of ours */
	read_revoke(fd);
	range = mmap(NULL, info.hpa_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (range == MAP_FAILED)
		return fail("mmap");
	hear_signals();
	return follow(fd, range, info.hpa_size);
}
