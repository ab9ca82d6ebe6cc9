// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user of a range: maps all of it, touches it in a loop, and tells when it was
 * answered by SIGBUS. From then on each touch has to be. On SIGTERM it gives its
 * verdict and ends.
 *
 * Copies are processes that inherit the mapping, with every page of the first
 * 64 MiB in it: to take it down takes the kernel a while then.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define STRIDE	(2UL << 20)
#define DENSE	(64UL << 20)

static sigjmp_buf bus;
static volatile sig_atomic_t ended;

static void on_bus(int sig)
{
	siglongjmp(bus, sig);
}

static void on_term(int sig)
{
	ended = sig;
}

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
	for (uint64_t at = 0; at < size; at += STRIDE, (*count)++)
		refused += touch((uint64_t *)(range + at));
	refused += touch((uint64_t *)(range + size - 8));
	(*count)++;
	return refused;
}

static int follow(char *range, uint64_t size)
{
	struct timespec now, pause = { .tv_nsec = 1000000 };
	unsigned long count, refused, passes = 0;
	int lost = 0, back = 0;

	while (!ended) {
		refused = touch_all(range, size, &count);
		if (!passes++ && !refused)
			printf("holding %lu pages\n", count);
		if (refused && !lost) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			printf("sigbus %llu\n",
			       now.tv_sec * 1000000000ULL + now.tv_nsec);
		}
		/* the pass in which it went began when it was there */
		if (lost && refused != count)
			back++;
		if (refused)
			lost = 1;
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
	if (!lost)
		printf("end: never refused\n");
	else
		printf(back ? "end: came back\n" : "end: gone for good\n");
	return lost ? back : 3;
}

int hold(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_bus };
	struct cxla_accel_info info;
	int copies, fd;
	char *range;

	if (argc < 1)
		return 2;
	copies = argc > 1 ? atoi(argv[1]) : 0;
	fd = open(argv[0], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(argv[0]);
	if (get_info(fd, &info))
		return fail("CXLA_IOC_INFO");
	if (!info.hpa_size) {
		fprintf(stderr, "%s: no range\n", argv[0]);
		return 1;
	}
	range = mmap(NULL, info.hpa_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (range == MAP_FAILED)
		return fail("mmap");
	sigaction(SIGBUS, &action, NULL);
	for (uint64_t at = 0; copies && at < DENSE && at < info.hpa_size; at += PAGE)
		touch((uint64_t *)(range + at));
	for (int i = 0; i < copies; i++) {
		pid_t child = fork();

		if (child < 0)
			return fail("fork");
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	action.sa_handler = on_term;
	sigaction(SIGTERM, &action, NULL);
	return follow(range, info.hpa_size);
}
