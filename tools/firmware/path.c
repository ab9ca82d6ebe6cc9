// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a serial number to the components between it and its host bridge. Bus
 * numbers and PCI addresses are the kernel's; nothing here assumes any.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

static bool is_wanted(const char *path, uint64_t serial)
{
	struct pci_function f;
	uint64_t found;
	bool wanted;

	if (!pci_open(&f, path))
		return false;
	wanted = pci_port_type(&f) == PCI_TYPE_ENDPOINT &&
		pci_find_cxl_dvsec(&f, 0) &&
		pci_serial(&f, &found) && found == serial;
	pci_close(&f);
	return wanted;
}

static void find_endpoint(uint64_t serial, char path[PATH_SIZE])
{
	unsigned int found = 0;
	struct dirent *d;
	DIR *dir;

	dir = opendir(PCI_DEVICES);
	if (!dir)
		die(PCI_DEVICES ": %s", strerror(errno));
	while ((d = readdir(dir))) {
		char link[400], real[PATH_MAX];

		if (d->d_name[0] == '.')
			continue;
		snprintf(link, sizeof(link), PCI_DEVICES "/%s", d->d_name);
		if (!realpath(link, real) || !is_wanted(real, serial))
			continue;
		found++;
		copy_path(path, real);
	}
	closedir(dir);
	if (found != 1)
		die("%u CXL devices with serial number 0x%llx, not one", found,
		    (unsigned long long)serial);
}

static uint32_t bridge_uid(const char *path)
{
	unsigned int uid;
	char uid_path[600];
	FILE *f;

	snprintf(uid_path, sizeof(uid_path), "%s/firmware_node/uid", path);
	f = fopen(uid_path, "r");
	if (!f || fscanf(f, "%u", &uid) != 1)
		die("%s: no _UID there", uid_path);
	fclose(f);
	return uid;
}

unsigned int path_to_serial(uint64_t serial, struct hop *hops)
{
	struct hop up[MAX_DEPTH];	/* endpoint first */
	unsigned int nr = 0, target = 0;
	char path[PATH_SIZE];
	char *slash;

	find_endpoint(serial, path);
	for (;;) {
		struct hop *h = &up[nr];
		struct pci_function f;
		int type;

		if (nr == MAX_DEPTH)
			die("serial 0x%llx: more than %d levels deep",
			    (unsigned long long)serial, MAX_DEPTH);
		memset(h, 0, sizeof(*h));
		copy_path(h->path, path);
		h->target = target;
		if (!pci_open(&f, path)) {
			/* above the last function: the host bridge itself */
			h->is_bridge = true;
			h->uid = bridge_uid(path);
			nr++;
			break;
		}
		type = pci_port_type(&f);
		/* ports only tell a number; decoders are in the USP */
		if (type == PCI_TYPE_ROOT_PORT || type == PCI_TYPE_DOWNSTREAM)
			target = pci_port_number(&f);
		else
			nr++;
		pci_close(&f);
		slash = strrchr(path, '/');
		*slash = '\0';
	}
	for (unsigned int i = 0; i < nr; i++)
		hops[i] = up[nr - 1 - i];
	return nr;
}
