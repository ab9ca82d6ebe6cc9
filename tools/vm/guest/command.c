// SPDX-License-Identifier: GPL-2.0-only
/* Commands of linux/cxl_mem.h, whole ones and such as are to be refused. */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* the kernel's way to say it */
#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (63 - (high))))
#include <linux/cxl_mem.h>

#include "guest.h"

static void say(const char *what, int rc)
{
	printf("%s %s\n", what, rc ? strerror(errno) : "done");
}

static void query(int fd)
{
	struct {
		struct cxl_mem_query_commands head;
		struct cxl_command_info info[1];
	} one = { .head.n_commands = 1 };
	struct cxl_mem_query_commands count = { 0 };

	say("count", ioctl(fd, CXL_MEM_QUERY_COMMANDS, &count));
	printf("many %s\n", count.n_commands > 10 ? "yes" : "no");
	say("first", ioctl(fd, CXL_MEM_QUERY_COMMANDS, &one));
}

/* @room: bytes for the answer */
static struct cxl_send_command identify(unsigned char *answer, unsigned int room)
{
	struct cxl_send_command send = { .id = CXL_MEM_COMMAND_ID_IDENTIFY };

	send.out.size = room;
	send.out.payload = (uintptr_t)answer;
	return send;
}

static void identify_in_all_ways(int fd)
{
	unsigned char answer[256] = "";
	struct cxl_send_command send = identify(answer, sizeof(answer));

	say("identify", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
	printf("returned %u, %s\n", send.retval,
	       send.out.size >= 0x43 && answer[0] ? "and said who it is" : "and said nothing");
	send = identify(answer, 16);
	say("short", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
	send = identify(answer, sizeof(answer));
	send.in.size = 4;
	send.in.payload = (uintptr_t)answer;
	say("long", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
	send = identify(answer, sizeof(answer));
	send.rsvd = 1;
	say("reserved", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
	send = identify((unsigned char *)8, sizeof(answer));
	say("nowhere", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
	send = identify(answer, sizeof(answer));
	send.id = CXL_MEM_COMMAND_ID_RAW;
	send.raw.opcode = 0x4000;
	send.raw.rsvd = 0;
	say("raw", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
	send = identify(answer, sizeof(answer));
	send.id = 4095;
	say("unknown", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
}

/* what would take memory or a log from who uses it */
static void not_for_userspace(int fd)
{
	unsigned char payload[16] = { [8] = 1 };
	struct cxl_send_command send = { .id = CXL_MEM_COMMAND_ID_SET_PARTITION_INFO };

	send.in.size = 10;
	send.in.payload = (uintptr_t)payload;
	say("partition", ioctl(fd, CXL_MEM_SEND_COMMAND, &send));
}

int command(int argc, char **argv)
{
	int fd = open(argv[0], O_RDWR | O_CLOEXEC);

	(void)argc;
	if (fd < 0)
		return fail(argv[0]);
	query(fd);
	identify_in_all_ways(fd);
	not_for_userspace(fd);
	close(fd);
	return 0;
}
