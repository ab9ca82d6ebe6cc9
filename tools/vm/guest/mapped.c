// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a node of a range lets itself be mapped for: one page of it is mapped, by a file
 * that was opened as the words say, and its protection is changed afterwards if there
 * is one more word. Prints "mapped", and touches the page for what it is mapped for, or
 * the name of the error, and which call it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

static int protection(const char *letters)
{
	return (strchr(letters, 'r') ? PROT_READ : 0) | (strchr(letters, 'w') ? PROT_WRITE : 0) |
	       (strchr(letters, 'x') ? PROT_EXEC : 0);
}

static int answer(const char *call)
{
	printf("%s %s\n", call, strerrorname_np(errno));
	return 0;
}

int mapped(int argc, char **argv)
{
	volatile uint64_t *page;
	int fd, prot;

	if (argc < 4 || argc > 5)
		return 2;
	fd = open(argv[0], (strchr(argv[1], 'w') ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return answer("open");
	prot = protection(argv[2]);
	page = mmap(NULL, PAGE, prot, strcmp(argv[3], "private") ? MAP_SHARED : MAP_PRIVATE, fd, 0);
	if (page == MAP_FAILED)
		return answer("mmap");
	if (argc == 5) {
		prot = protection(argv[4]);
		if (mprotect((void *)page, PAGE, prot))
			return answer("mprotect");
	}
	hear_signals();
	if (sigsetjmp(bus, 1)) {
		printf("SIGBUS\n");
		return 0;
	}
	if (prot & PROT_READ)
		(void)*page;
	if (prot & PROT_WRITE)
		*page = 0;
	printf("mapped\n");
	return 0;
}
