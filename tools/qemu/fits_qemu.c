/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this the QEMU whose headers the device was compiled with? The tables of
 * properties in the program say where fields of its structures are.
 */
#include "qemu/osdep.h"
#include "qapi/qapi-commands-control.h"
#include "hw/qdev-properties.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci-bridge/cxl_upstream_port.h"
#include "accel.h"

static const struct { const char *type, *property; ptrdiff_t at; } fields[] = {
    { TYPE_PCI_DEVICE, "addr", offsetof(PCIDevice, devfn) },
    { TYPE_PCI_DEVICE, "romfile", offsetof(PCIDevice, romfile) },
    { TYPE_PCI_DEVICE, "acpi-index", offsetof(PCIDevice, acpi_index) },
    { TYPE_PCI_DEVICE, "multifunction", offsetof(PCIDevice, cap_present) },
    { TYPE_CXL_TYPE3, "volatile-memdev", offsetof(CXLType3Dev, hostvmem) },
    { TYPE_CXL_TYPE3, "sn", offsetof(CXLType3Dev, sn) },
    { TYPE_CXL_TYPE3, "cdat", offsetof(CXLType3Dev, cxl_cstate.cdat.filename) },
    { TYPE_CXL_TYPE3, "x-speed", offsetof(CXLType3Dev, speed) },
    { TYPE_CXL_TYPE3, "volatile-dc-memdev", offsetof(CXLType3Dev, dc.host_dc) },
    { TYPE_CXL_TYPE3, "num-dc-regions", offsetof(CXLType3Dev, dc.num_regions) },
    { TYPE_PXB_CXL_DEV, "hdm_for_passthrough", offsetof(PXBCXLDev, hdm_for_passthrough) },
    { TYPE_CXL_USP, "sn", offsetof(CXLUpstreamPort, sn) },
};

static void complain(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

static void complain(const char *fmt, ...)
{
    va_list args;

    fprintf(stderr, "cxl-accel: compiled for QEMU %s, which this is not: ", QEMU_VERSION);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "; there is no device cxl-accel now; "
                    "build it again with tools/qemu/build for this QEMU\n");
}

static bool series_fits(void)
{
    g_autoptr(VersionInfo) version = qmp_query_version(NULL);
    int major = 0, minor = 0;

    sscanf(QEMU_VERSION, "%d.%d", &major, &minor);
    if (version->qemu->major == major && version->qemu->minor == minor) {
        return true;
    }
    complain("it says version %" PRId64 ".%" PRId64 ".%" PRId64, version->qemu->major,
             version->qemu->minor, version->qemu->micro);
    return false;
}

static const Property *find(const char *type, const char *name)
{
    ObjectClass *oc = object_class_by_name(type);
    const DeviceClass *dc = oc ? DEVICE_CLASS(oc) : NULL;

    for (int i = 0; dc && i < dc->props_count_; i++) {
        if (!strcmp(dc->props_[i].name, name)) {
            return &dc->props_[i];
        }
    }
    return NULL;
}

bool fits_qemu(void)
{
    if (!series_fits()) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const Property *p = find(fields[i].type, fields[i].property);

        if (!p) {
            complain("%s has no property %s", fields[i].type, fields[i].property);
            return false;
        }
        if (p->offset != fields[i].at) {
            complain("%s of %s is at %td, not %td", fields[i].property, fields[i].type,
                     p->offset, fields[i].at);
            return false;
        }
    }
    return true;
}
