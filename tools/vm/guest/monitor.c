// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the host to say something to QEMU's monitor, over the port of the verdict,
 * and prints the answer. vmlib/monitor.py is the other end.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "guest.h"

#define PORT		"/dev/ttyS1"
#define TIMEOUT_MS	60000

static int read_line(int fd, char *line, size_t size)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	size_t at = 0;

	while (at + 1 < size) {
		if (poll(&poller, 1, TIMEOUT_MS) <= 0 || read(fd, &line[at], 1) != 1)
			return -1;
		if (line[at] == '\n')
			break;
		at++;
	}
	line[at] = '\0';
	return 0;
}

/*
 * Each request has a number, and so has each line of its answer: "N text", and in the
 * end "N. ok" or "N. failed". What somebody else did not wait for is passed over.
 */
int monitor(int argc, char **argv)
{
	char line[512], number[16];
	struct termios raw;
	size_t length;
	int fd;

	if (argc < 1)
		return 2;
	length = snprintf(number, sizeof(number), "%d", getpid());
	snprintf(line, sizeof(line), "monitor %s", number);
	for (int i = 0; i < argc; i++) {
		strncat(line, " ", sizeof(line) - strlen(line) - 2);
		strncat(line, argv[i], sizeof(line) - strlen(line) - 2);
	}
	strcat(line, "\n");

	fd = open(PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &raw))
		return fail(PORT);
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	if (tcsetattr(fd, TCSANOW, &raw) || tcflush(fd, TCIFLUSH))
		return fail(PORT);
	if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		return fail(PORT);
	while (!read_line(fd, line, sizeof(line))) {
		if (strncmp(line, number, length))
			continue;
		if (line[length] == '.')
			return strcmp(line + length, ". ok") != 0;
		if (line[length] == ' ')
			printf("%s\n", line + length + 1);
	}
	fprintf(stderr, "cxla-guest: the host does not answer\n");
	return 1;
}
