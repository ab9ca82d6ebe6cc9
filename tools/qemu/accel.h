/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CXL Type-2 device: what its parts share. */
#ifndef CXL_ACCEL_H
#define CXL_ACCEL_H

#include "hw/cxl/cxl.h"
#include "hw/pci/pcie.h"
#include "qemu/timer.h"
#include "qom/object.h"
#include "decoders.h"

#define TYPE_CXL_ACCEL "cxl-accel"
OBJECT_DECLARE_SIMPLE_TYPE(CXLAccel, CXL_ACCEL)

#define POISON_LINE 64ull       /* bytes */

/* what can be switched on while the machine runs; README.md has the table */
typedef struct AccelFaults {
    bool lose_mem_enable, media_not_ready;
    bool registers_all_ones, config_all_ones, memory_all_ones, gone;
    bool drop_register_writes, drop_config_writes;
    bool reset_fails, reset_never_ends, flush_never_ends, flr_clears_decoders;
    uint32_t lose_commit;               /* mask of decoders */
    uint32_t corrupt_decoders;          /* mask of decoders */
    uint32_t corrupt_register, corrupt_xor;
    uint32_t override_offset, override_mask, override_value;
    uint32_t config_offset, config_mask, config_value;
} AccelFaults;

typedef struct AccelCounters {
    uint64_t mmio_reads, mmio_writes, config_reads, config_writes;
    uint64_t config_locked_writes;
    uint64_t flrs, resets, cxl_resets, cache_flushes;
    uint64_t dropped_reads, dropped_writes, poison_reads;
} AccelCounters;

struct CXLAccel {
    /*
     * The parent is what QEMU's windows forward accesses to. It looks up the
     * decoders in its own registers, which no guest sees: memory.c fills them
     * in. Its memory is ours, see memory.c. Nothing else of it is used.
     */
    CXLType3Dev parent;

    /* set before the device is realized */
    uint32_t class_code;
    uint8_t nr_decoders;
    char *coherency, *report;
    bool dvsec_ranges, strict, strict_hosts, zero_size;
    uint32_t media_ready_ms, reset_ms, flush_ms, cache_size;

    bool hdm_db;
    uint64_t size;              /* bytes of memory */
    uint8_t *ram;
    MemoryRegion *backend;
    MemoryRegion bar;           /* component registers */
    MemoryRegion dpa;           /* the memory, by device physical address */
    uint32_t regs[CXL2_COMPONENT_CM_REGION_SIZE / 4];   /* as the guest sees them */
    Decoders decoders;
    GArray *poison;             /* uint64_t, device physical addresses of lines */

    bool media_ready;
    bool in_reset;              /* a CXL Reset has begun and not ended */
    bool mem_clear;             /* it is to clear the memory */
    QEMUTimer media_timer, reset_timer, flush_timer;

    /* faults are in force while fault_after is 0 */
    uint32_t fault_after;       /* accesses of the guest until then */
    uint32_t fault_for;         /* accesses until they end; 0: they don't */
    bool fault_counts_config;   /* accesses of configuration space count, too */
    AccelFaults faults;
    AccelCounters count;
};

/* is this fault in force now? */
#define FAULT(a, which) (!(a)->fault_after ? (a)->faults.which : 0)

/* config.c: configuration space, and resets by it */
bool accel_config_init(CXLAccel *a, Error **errp);
void accel_config_exit(CXLAccel *a);
uint32_t accel_config_read(PCIDevice *d, uint32_t at, int len);
void accel_config_write(PCIDevice *d, uint32_t at, uint32_t value, int len);
void accel_reset(DeviceState *dev);
bool accel_mem_enabled(CXLAccel *a);
/* base and size of the DVSEC's first range: false when it decodes nothing */
bool accel_dvsec_range(CXLAccel *a, uint64_t *base, uint64_t *size);

/* registers.c: component registers */
void accel_registers_init(CXLAccel *a);
void accel_registers_reset(CXLAccel *a);
bool accel_hdm_enabled(CXLAccel *a);
void accel_ras_set(CXLAccel *a, uint32_t uncorrectable, uint32_t correctable);

/* memory.c: device physical addresses */
bool accel_memory_init(CXLAccel *a, Error **errp);
void accel_memory_exit(CXLAccel *a);
void accel_memory_clear(CXLAccel *a);
/* what host addresses lead here, for QEMU's windows */
void accel_route(CXLAccel *a);

/* faults.c: properties of a running machine */
void accel_faults_class_init(ObjectClass *oc);
/* an access of the guest is over */
void accel_access_done(CXLAccel *a, bool config);

/* config.c: state follows from what has changed: faults, timers, registers */
void accel_update(CXLAccel *a);

/* fits_qemu.c */
bool fits_qemu(void);

#endif
