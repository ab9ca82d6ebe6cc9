/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-accel, a CXL Type-2 device: cache, memory, no mailbox. README.md says how
 * it is used. This file has the device's type; config.c, registers.c and
 * memory.c have what the guest sees of it, faults.c what a monitor does.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "accel.h"
#include "report.h"
#include "slot_power.h"
#include "strict_hosts.h"

/* CXL 3.1 section 8.2.4.20.1: a device has one of these numbers of decoders */
static bool check_properties(CXLAccel *a, Error **errp)
{
    int code = cxl_decoder_count_enc(a->nr_decoders);

    if (a->nr_decoders > MAX_DECODERS || cxl_decoder_count_dec(code) != a->nr_decoders) {
        error_setg(errp, "decoders=%u: a device has 1, 2, 4, 6, 8 or 10", a->nr_decoders);
        return false;
    }
    a->hdm_db = a->coherency && !strcmp(a->coherency, "hdm-db");
    if (!a->hdm_db && a->coherency && strcmp(a->coherency, "hdm-d")) {
        error_setg(errp, "coherency=%s: it is hdm-d or hdm-db", a->coherency);
        return false;
    }
    if (a->class_code > 0xffffff) {
        error_setg(errp, "class=0x%x: a class has 24 bits", a->class_code);
        return false;
    }
    if (a->cache_size > 0xff) {
        error_setg(errp, "cache-size=%u: at most 255, in units of 64 KiB", a->cache_size);
        return false;
    }
    if (a->parent.hostmem || a->parent.hostpmem || a->parent.lsa || a->parent.dc.host_dc) {
        error_setg(errp, "cxl-accel has volatile memory only: volatile-memdev=ID");
        return false;
    }
    return true;
}

static void accel_realize(PCIDevice *d, Error **errp)
{
    CXLAccel *a = CXL_ACCEL(d);

    if (!check_properties(a, errp) || !accel_memory_init(a, errp)) {
        return;
    }
    /* QEMU's own commands that inject errors look at these */
    QTAILQ_INIT(&a->parent.error_list);
    if (!accel_config_init(a, errp)) {
        accel_memory_exit(a);
        return;
    }
    accel_registers_init(a);
    if (a->strict_hosts) {
        make_hosts_strict();
    }
    if (a->report) {
        report_to(a->report);
    }
}

static void accel_exit(PCIDevice *d)
{
    CXLAccel *a = CXL_ACCEL(d);

    report_one(OBJECT(d));
    decoders_exit(&a->decoders);
    accel_config_exit(a);
    accel_memory_exit(a);
}

static const Property properties[] = {
    DEFINE_PROP_UINT32("class", CXLAccel, class_code, 0x120000),
    DEFINE_PROP_UINT8("decoders", CXLAccel, nr_decoders, 4),
    DEFINE_PROP_STRING("coherency", CXLAccel, coherency),
    DEFINE_PROP_STRING("report", CXLAccel, report),
    DEFINE_PROP_BOOL("dvsec-ranges", CXLAccel, dvsec_ranges, false),
    DEFINE_PROP_BOOL("strict", CXLAccel, strict, true),
    DEFINE_PROP_BOOL("strict-hosts", CXLAccel, strict_hosts, true),
    DEFINE_PROP_BOOL("zero-size", CXLAccel, zero_size, true),
    DEFINE_PROP_UINT32("media-ready-ms", CXLAccel, media_ready_ms, 0),
    DEFINE_PROP_UINT32("cxl-reset-ms", CXLAccel, reset_ms, 0),
    DEFINE_PROP_UINT32("cache-flush-ms", CXLAccel, flush_ms, 0),
    DEFINE_PROP_UINT32("cache-size", CXLAccel, cache_size, 16),
};

static void accel_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = accel_realize;
    pc->exit = accel_exit;
    pc->config_read = accel_config_read;
    pc->config_write = accel_config_write;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = 0x00ff;     /* none that a driver knows */
    pc->class_id = 0x1200;
    dc->desc = "CXL accelerator with memory (Type 2)";
    device_class_set_legacy_reset(dc, accel_reset);
    device_class_set_props(dc, properties);
    accel_faults_class_init(oc);
}

static const TypeInfo accel_info = {
    .name = TYPE_CXL_ACCEL,
    .parent = TYPE_CXL_TYPE3,
    .instance_size = sizeof(CXLAccel),
    .class_init = accel_class_init,
};

/* QEMU calls this when its own types are registered and no device is made yet */
static void register_device(void)
{
    if (fits_qemu()) {
        type_register_static(&accel_info);
        give_slots_power();
    }
}

/*
 * The loader calls this before QEMU's main(). Programs that QEMU starts have
 * none of its symbols, and could not start with this object.
 */
static void __attribute__((constructor)) loaded(void)
{
    register_module_init(register_device, MODULE_INIT_MIGRATION);
    unsetenv("LD_PRELOAD");
}
