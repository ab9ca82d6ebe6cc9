// SPDX-License-Identifier: GPL-2.0-only
/* How all parts end when something is not as it has to be. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware.h"

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "cxl-firmware: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

void copy_path(char to[PATH_SIZE], const char *from)
{
	size_t len = strlen(from) + 1;

	if (len > PATH_SIZE)
		die("%s: longer than %d bytes", from, PATH_SIZE - 1);
	memcpy(to, from, len);
}
