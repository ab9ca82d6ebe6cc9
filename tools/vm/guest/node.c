// SPDX-License-Identifier: GPL-2.0-only
/* Nodes of /dev/cxla and of device-dax, and how all parts say what failed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"

int fail(const char *what)
{
	fprintf(stderr, "cxla-guest: %s: %s\n", what, strerror(errno));
	return 1;
}

int get_info(int fd, struct cxla_accel_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return ioctl(fd, CXLA_IOC_INFO, info);
}

int is_dax(const char *node)
{
	return !strncmp(node, "/dev/dax", 8);
}

uint64_t dax_size(const char *node)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/dax/devices/%.16s/size", node + strlen("/dev/"));
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		fail(path);
	if (file)
		fclose(file);
	return strtoull(text, NULL, 0);
}

int info(int argc, char **argv)
{
	struct cxla_accel_info i;
	int fd;

	(void)argc;
	fd = open(argv[0], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(argv[0]);
	if (get_info(fd, &i))
		return fail("CXLA_IOC_INFO");
	printf("state=%u\nreason=%u\nhpa_start=0x%llx\nhpa_size=0x%llx\n"
	       "capacity=0x%llx\nserial=0x%llx\nmemdev_id=%d\nregion_id=%d\nerror=%u\n"
	       "total_ns=%llu\nmmio_reads=%u\nmmio_writes=%u\ncfg_reads=%u\ncfg_writes=%u\n",
	       i.state, i.reason, (unsigned long long)i.hpa_start,
	       (unsigned long long)i.hpa_size, (unsigned long long)i.capacity,
	       (unsigned long long)i.serial, i.memdev_id, i.region_id, i.error,
	       (unsigned long long)i.record.total_ns, i.record.mmio_reads,
	       i.record.mmio_writes, i.record.cfg_reads, i.record.cfg_writes);
	return 0;
}
