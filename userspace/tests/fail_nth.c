// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: the nth of a process's writes, to whatever file, and of its requests to load
 * or unload a module fails with EIO, once. The environment has n in CXLA_FAIL_NTH, and in
 * CXLA_FAILED a file that is made when the process came as far.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct kmod_module;

static int fails(void)
{
	static int done;
	const char *nth = getenv("CXLA_FAIL_NTH"), *told = getenv("CXLA_FAILED");
	int file;

	if (!nth || __atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST) != atoi(nth))
		return 0;
	file = told ? open(told, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;
	if (file >= 0)
		close(file);
	return 1;
}

ssize_t write(int fd, const void *buffer, size_t count)
{
	if (fails()) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_write, fd, buffer, count);
}

int kmod_module_insert_module(struct kmod_module *module, unsigned int flags, const char *options)
{
	int (*next)(struct kmod_module *, unsigned int, const char *) =
		dlsym(RTLD_NEXT, "kmod_module_insert_module");

	return fails() ? -EIO : next(module, flags, options);
}

int kmod_module_remove_module(struct kmod_module *module, unsigned int flags)
{
	int (*next)(struct kmod_module *, unsigned int) =
		dlsym(RTLD_NEXT, "kmod_module_remove_module");

	return fails() ? -EIO : next(module, flags);
}
