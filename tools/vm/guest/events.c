// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader of events: one a line, until the driver is unbound, or as many as are
 * asked for. `late` is one that opens the node, waits for a line on standard input,
 * and only then starts to read.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

static const char * const words[] = { "?", "attach", "revoke", "detach", "overflow" };

static void print(const struct cxla_event *e)
{
	printf("%s seq=%llu reason=%u range=0x%llx+0x%llx count=%llu time=%llu\n",
	       words[e->type < 5 ? e->type : 0], (unsigned long long)e->seq, e->reason,
	       (unsigned long long)e->hpa_start, (unsigned long long)e->hpa_size,
	       (unsigned long long)e->count, (unsigned long long)e->time_ns);
}

int events(int argc, char **argv)
{
	struct pollfd poller = { .events = POLLIN };
	struct cxla_event batch[16];
	long left = -1;
	int late = 0;
	char line[8];
	ssize_t got;

	if (argc < 1)
		return 2;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "late"))
			late = 1;
		else
			left = atol(argv[i]);
	}
	poller.fd = open(argv[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (poller.fd < 0)
		return fail(argv[0]);
	if (late) {
		printf("opened\n");
		fflush(stdout);
		if (read(0, line, sizeof(line)) < 0)
			return fail("standard input");
	}
	while (left) {
		size_t room = left > 0 && left < 16 ? left : 16;

		if (poll(&poller, 1, -1) < 0)
			return fail("poll");
		got = read(poller.fd, batch, room * sizeof(*batch));
		if (got < 0 && errno == EAGAIN) {
			/* poll said that there is something */
			printf("nothing after poll\n");
			return 1;
		}
		if (got < 0)
			return fail("read");
		if (!got) {
			printf("%s\n", poller.revents & POLLHUP ? "hangup" : "end without hangup");
			return !(poller.revents & POLLHUP);
		}
		for (size_t i = 0; i < got / sizeof(*batch); i++)
			print(&batch[i]);
		fflush(stdout);
		if (left > 0)
			left -= got / sizeof(*batch);
	}
	return 0;
}
