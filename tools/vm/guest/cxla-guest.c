// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small things that scenarios need and a shell can't do:
 *
 *   cxla-guest pattern write|check NODE TAG	words into or out of a range, by mmap;
 *						NODE may be /dev/daxN.M as well
 *   cxla-guest info NODE			what CXLA_IOC_INFO says, as key=value
 *   cxla-guest mark BYTE			a marker in QEMU's trace
 *   cxla-guest find SERIAL			PCI address of that CXL device
 *   cxla-guest window N			first address of a CEDT window
 *   cxla-guest bridge UID			address of a host bridge's registers, by the CEDT
 *   cxla-guest hold NODE			a user of the range, until SIGTERM: hold.c
 *   cxla-guest keep /dev/daxN.M TAG		a user of it, until SIGTERM: dax.c
 *   cxla-guest events NODE [COUNT] [late]	what happens, one a line: events.c
 *   cxla-guest killed [-l] PATH WHERE US TEXT...	kill a writer inside a write: killed.c
 *   cxla-guest decoders ADDRESS		how many of it are committed: decoders.c
 *   cxla-guest registers ADDRESS		address of its component registers: decoders.c
 *   cxla-guest command NODE			of linux/cxl_mem.h: command.c
 *   cxla-guest mapped NODE r|rw PROT shared|private [PROT]	may it be: mapped.c
 *   cxla-guest monitor COMMAND...		something for QEMU's monitor: monitor.c
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"

static const struct {
	const char *name;
	int least, most;	/* words behind the name */
	int (*run)(int argc, char **argv);
	const char *words;
} commands[] = {
	{ "pattern", 3, 3, pattern, "write|check NODE TAG" },
	{ "info", 1, 1, info, "NODE" },
	{ "mark", 1, 1, mark, "BYTE" },
	{ "find", 1, 1, find, "SERIAL" },
	{ "window", 1, 1, window, "N" },
	{ "bridge", 1, 1, bridge, "UID" },
	{ "hold", 1, 9, hold, "NODE" },
	{ "keep", 1, 9, keep, "/dev/daxN.M TAG" },
	{ "events", 1, 9, events, "NODE [COUNT] [late]" },
	{ "killed", 4, 99, killed, "[-l] PATH WHERE US TEXT..." },
	{ "decoders", 1, 2, decoders, "ADDRESS [all]" },
	{ "registers", 1, 1, registers, "ADDRESS" },
	{ "command", 1, 1, command, "NODE" },
	{ "mapped", 4, 9, mapped, "NODE r|rw PROT shared|private [PROT]" },
	{ "monitor", 1, 99, monitor, "COMMAND..." },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

int main(int argc, char **argv)
{
	int words = argc - 2;

	for (size_t i = 0; argc > 1 && i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name) &&
		    words >= commands[i].least && words <= commands[i].most)
			return commands[i].run(words, argv + 2);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(stderr, "%s cxla-guest %s %s\n", i ? "      " : "usage:",
			commands[i].name, commands[i].words);
	return 2;
}
