// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into User Mode Linux on the host. UML 6.12 keeps 2,696 bytes of a
 * program's extended registers (HOST_FP_SIZE of arch/x86/um); a processor with AMX
 * has 11,008. The host takes all of them or none: it refuses, and UML kills init.
 * Linux 6.13 asks the host how many there are.
 *
 * No program under UML has asked for AMX: what UML does not keep is zero.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

typedef long ptrace_fn(enum __ptrace_request request, pid_t pid, void *address,
		       void *data);

static ptrace_fn *host_ptrace;

/* before UML makes the address space its own */
__attribute__((constructor)) static void find_host_ptrace(void)
{
	host_ptrace = (ptrace_fn *)dlsym(RTLD_NEXT, "ptrace");
	if (!host_ptrace)
		abort();
}

/* UML has one thread that does this */
static long set_xstate(pid_t pid, void *type, struct iovec *given)
{
	static char all[1 << 16];
	static size_t size;
	struct iovec iov = { all, sizeof(all) };

	if (!size) {
		if (host_ptrace(PTRACE_GETREGSET, pid, type, &iov))
			return -1;
		size = iov.iov_len;
		memset(all, 0, size);
	}
	if (size <= given->iov_len)
		return host_ptrace(PTRACE_SETREGSET, pid, type, given);
	memcpy(all, given->iov_base, given->iov_len);
	iov.iov_len = size;
	return host_ptrace(PTRACE_SETREGSET, pid, type, &iov);
}

long ptrace(enum __ptrace_request request, ...)
{
	void *address, *data;
	va_list arguments;
	pid_t pid;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);
	if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE)
		return set_xstate(pid, address, data);
	return host_ptrace(request, pid, address, data);
}
