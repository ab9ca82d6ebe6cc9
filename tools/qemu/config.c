/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space: the DVSECs, what is locked in them, and the resets that
 * are asked for there.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pcie_aer.h"
#include "accel.h"

#define SERIAL_AT   0x100
#define DVSECS_AT   0x10c
#define AER_AT      0x200

/* CXL 3.1 section 8.1.3.1, DVSEC CXL Capability */
#define CAP_CACHE           (1u << 0)
#define CAP_IO              (1u << 1)
#define CAP_MEM             (1u << 2)
#define CAP_HW_INIT         (1u << 3)
#define CAP_ONE_RANGE       (1u << 4)
#define CAP_WRITEBACK       (1u << 6)
#define CAP_RESET           (1u << 7)
#define CAP_RESET_TIMEOUT   (3u << 8)   /* 10 s */
#define CAP_RESET_MEM_CLR   (1u << 11)

/* section 8.1.3.2, DVSEC CXL Control */
#define CONTROL_IO_ENABLE   (1u << 1)
#define CONTROL_MEM_ENABLE  (1u << 2)

/* section 8.1.3.4 and 8.1.3.5, Control2 and Status2 */
#define CONTROL2_DISABLE_CACHING    (1u << 0)
#define CONTROL2_INITIATE_FLUSH     (1u << 1)
#define CONTROL2_INITIATE_RESET     (1u << 2)
#define CONTROL2_RESET_MEM_CLR      (1u << 3)
#define STATUS2_CACHE_INVALID       (1u << 0)
#define STATUS2_RESET_COMPLETE      (1u << 1)
#define STATUS2_RESET_ERROR         (1u << 2)

/* section 8.1.3.6, DVSEC CXL Lock */
#define CONFIG_LOCK         (1u << 0)

/* section 8.1.3.8.2, DVSEC CXL Range 1 Size Low */
#define MEMORY_INFO_VALID   (1u << 0)
#define MEMORY_ACTIVE       (1u << 1)
#define MEMORY_ACTIVE_16_S  (2u << 13)  /* time-out: this may take 16 s */

static uint8_t *dvsec(CXLAccel *a, size_t field)
{
    return PCI_DEVICE(a)->config + a->parent.cxl_cstate.dvsecs[PCIE_CXL_DEVICE_DVSEC].lob + field;
}

#define DVSEC(a, field) dvsec(a, offsetof(CXLDVSECDevice, field))

static void set_bits(uint8_t *word, uint16_t bits, bool on)
{
    pci_set_word(word, on ? pci_get_word(word) | bits : pci_get_word(word) & ~bits);
}

bool accel_mem_enabled(CXLAccel *a)
{
    return pci_get_word(DVSEC(a, ctrl)) & CONTROL_MEM_ENABLE && !FAULT(a, lose_mem_enable);
}

bool accel_dvsec_range(CXLAccel *a, uint64_t *base, uint64_t *size)
{
    *base = (uint64_t)pci_get_long(DVSEC(a, range1_base_hi)) << 32 |
            (pci_get_long(DVSEC(a, range1_base_lo)) & 0xf0000000);
    *size = a->size;
    return *base && accel_mem_enabled(a);
}

void accel_update(CXLAccel *a)
{
    uint8_t *range = DVSEC(a, range1_size_lo);
    bool ready = a->media_ready && !FAULT(a, media_not_ready);
    uint32_t lost = FAULT(a, lose_commit);

    pci_set_long(range, (pci_get_long(range) & ~(MEMORY_INFO_VALID | MEMORY_ACTIVE)) |
                        (ready ? MEMORY_INFO_VALID | MEMORY_ACTIVE : 0));
    if (FAULT(a, lose_mem_enable)) {
        set_bits(DVSEC(a, ctrl), CONTROL_MEM_ENABLE, false);
    }
    for (unsigned n = 0; n < a->nr_decoders; n++) {
        if (lost >> n & 1) {
            a->regs[DECODER(n, CTRL) / 4] &= ~(CTRL_COMMIT | CTRL_COMMITTED);
        }
    }
    accel_route(a);
}

static void media_is_ready(void *opaque)
{
    CXLAccel *a = opaque;

    a->media_ready = true;
    accel_update(a);
}

/* what a conventional reset and a CXL Reset do to CXL.cache and CXL.mem */
static void reset_cxl_state(CXLAccel *a)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);

    timer_del(&a->flush_timer);
    pci_set_word(DVSEC(a, ctrl), CONTROL_IO_ENABLE);
    pci_set_word(DVSEC(a, ctrl2), 0);
    pci_set_word(DVSEC(a, status2), 0);
    pci_set_word(DVSEC(a, lock), 0);
    pci_set_long(DVSEC(a, range1_base_hi), 0);
    pci_set_long(DVSEC(a, range1_base_lo), 0);
    accel_registers_reset(a);
    a->media_ready = !a->media_ready_ms;
    if (a->media_ready) {
        timer_del(&a->media_timer);
    } else {
        timer_mod(&a->media_timer, now + a->media_ready_ms);
    }
    accel_update(a);
}

/*
 * A function level reset leaves CXL.cache and CXL.mem as they are (CXL 3.1
 * section 9.5), a conventional one doesn't (section 9.4).
 */
void accel_reset(DeviceState *dev)
{
    CXLAccel *a = CXL_ACCEL(dev);
    PCIDevice *d = PCI_DEVICE(dev);
    bool flr = pci_get_word(d->config + d->exp.exp_cap + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR;

    pcie_cap_deverr_reset(d);
    pcie_cap_fill_link_ep_usp(d, QEMU_PCI_EXP_LNK_X16, QEMU_PCI_EXP_LNK_32GT);
    if (flr) {
        a->count.flrs++;
        if (!FAULT(a, flr_clears_decoders)) {
            return;
        }
    } else {
        a->count.resets++;
    }
    a->in_reset = false;
    timer_del(&a->reset_timer);
    reset_cxl_state(a);
}

/* CXL 3.1 section 9.7. The PCI header and capabilities outside of CXL stay. */
static void reset_ends(void *opaque)
{
    CXLAccel *a = opaque;
    bool failed = FAULT(a, reset_fails);

    a->in_reset = false;
    reset_cxl_state(a);
    if (a->mem_clear && !failed) {
        accel_memory_clear(a);
    }
    set_bits(DVSEC(a, status2), failed ? STATUS2_RESET_ERROR : STATUS2_RESET_COMPLETE, true);
}

static void start_cxl_reset(CXLAccel *a, bool mem_clear)
{
    if (a->in_reset) {
        return;
    }
    a->count.cxl_resets++;
    a->in_reset = true;
    a->mem_clear = mem_clear;
    set_bits(DVSEC(a, status2), STATUS2_RESET_COMPLETE | STATUS2_RESET_ERROR, false);
    if (FAULT(a, reset_never_ends)) {
        return;
    }
    if (a->reset_ms) {
        timer_mod(&a->reset_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + a->reset_ms);
    } else {
        reset_ends(a);
    }
}

/* there is no cache to write back: what is modelled is the answer */
static void flush_ends(void *opaque)
{
    CXLAccel *a = opaque;

    if (pci_get_word(DVSEC(a, ctrl2)) & CONTROL2_DISABLE_CACHING) {
        set_bits(DVSEC(a, status2), STATUS2_CACHE_INVALID, true);
    }
}

static void start_flush(CXLAccel *a)
{
    a->count.cache_flushes++;
    if (FAULT(a, flush_never_ends)) {
        return;
    }
    if (a->flush_ms) {
        timer_mod(&a->flush_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + a->flush_ms);
    } else {
        flush_ends(a);
    }
}

/* bits that start something read as 0, always */
static void control2_written(CXLAccel *a)
{
    uint16_t control = pci_get_word(DVSEC(a, ctrl2));

    set_bits(DVSEC(a, ctrl2), CONTROL2_INITIATE_FLUSH | CONTROL2_INITIATE_RESET, false);
    if (!(control & CONTROL2_DISABLE_CACHING)) {
        set_bits(DVSEC(a, status2), STATUS2_CACHE_INVALID, false);
    }
    if (control & CONTROL2_INITIATE_FLUSH) {
        start_flush(a);
    }
    if (control & CONTROL2_INITIATE_RESET) {
        start_cxl_reset(a, control & CONTROL2_RESET_MEM_CLR);
    }
}

/* what CONFIG_LOCK locks: CXL 3.1 section 8.1.3, attribute RWL */
typedef struct Locked {
    uint16_t control;
    uint32_t base_high, base_low;
} Locked;

static Locked locked_fields(CXLAccel *a)
{
    return (Locked) {
        .control = pci_get_word(DVSEC(a, ctrl)),
        .base_high = pci_get_long(DVSEC(a, range1_base_hi)),
        .base_low = pci_get_long(DVSEC(a, range1_base_lo)),
    };
}

static void keep_locked_fields(CXLAccel *a, const Locked *before)
{
    Locked now = locked_fields(a);

    pci_set_word(DVSEC(a, lock), CONFIG_LOCK);      /* written once */
    if (now.control == before->control && now.base_high == before->base_high &&
        now.base_low == before->base_low) {
        return;
    }
    a->count.config_locked_writes++;
    pci_set_word(DVSEC(a, ctrl), before->control);
    pci_set_long(DVSEC(a, range1_base_hi), before->base_high);
    pci_set_long(DVSEC(a, range1_base_lo), before->base_low);
}

uint32_t accel_config_read(PCIDevice *d, uint32_t at, int len)
{
    CXLAccel *a = CXL_ACCEL(d);
    uint32_t value = pci_default_read_config(d, at, len);
    uint32_t shift = (at & 3) * 8;

    a->count.config_reads++;
    if (FAULT(a, config_mask) && (at & ~3u) == a->faults.config_offset) {
        value &= ~(a->faults.config_mask >> shift);
        value |= (a->faults.config_value & a->faults.config_mask) >> shift;
    }
    if (FAULT(a, gone) || FAULT(a, config_all_ones)) {
        value = ~0u;
    }
    accel_access_done(a, true);
    return len < 4 ? value & ((1u << len * 8) - 1) : value;
}

void accel_config_write(PCIDevice *d, uint32_t at, uint32_t value, int len)
{
    CXLAccel *a = CXL_ACCEL(d);
    bool locked = pci_get_word(DVSEC(a, lock)) & CONFIG_LOCK;
    Locked before = locked_fields(a);

    a->count.config_writes++;
    if (!FAULT(a, gone) && !FAULT(a, config_all_ones) && !FAULT(a, drop_config_writes)) {
        pci_default_write_config(d, at, value, len);
        pcie_aer_write_config(d, at, value, len);
        if (locked) {
            keep_locked_fields(a, &before);
        }
        control2_written(a);
        pcie_cap_flr_write_config(d, at, value, len);
        accel_update(a);
    }
    accel_access_done(a, true);
}

static void add_dvsecs(CXLAccel *a)
{
    CXLComponentState *c = &a->parent.cxl_cstate;
    uint8_t *writable = PCI_DEVICE(a)->wmask;

    c->pdev = PCI_DEVICE(a);
    c->dvsec_offset = DVSECS_AT;
    cxl_component_create_dvsec(c, CXL2_TYPE3_DEVICE, PCIE_CXL_DEVICE_DVSEC_LENGTH,
        PCIE_CXL_DEVICE_DVSEC, PCIE_CXL31_DEVICE_DVSEC_REVID, (uint8_t *)&(CXLDVSECDevice) {
            .cap = CAP_CACHE | CAP_IO | CAP_MEM | CAP_HW_INIT | CAP_ONE_RANGE | CAP_WRITEBACK |
                   CAP_RESET | CAP_RESET_TIMEOUT | CAP_RESET_MEM_CLR,
            .ctrl = CONTROL_IO_ENABLE,
            .cap2 = a->cache_size ? 1 | a->cache_size << 8 : 0,     /* in 64 KiB */
            .range1_size_hi = a->size >> 32,
            .range1_size_lo = (a->size & 0xf0000000) | MEMORY_ACTIVE_16_S,
        });
    /* no second range */
    memset(writable + (DVSEC(a, range2_base_hi) - PCI_DEVICE(a)->config), 0, 8);
    cxl_component_create_dvsec(c, CXL2_TYPE3_DEVICE, REG_LOC_DVSEC_LENGTH, REG_LOC_DVSEC,
        REG_LOC_DVSEC_REVID, (uint8_t *)&(CXLDVSECRegisterLocator) {
            .reg0_base_lo = RBI_COMPONENT_REG | CXL_COMPONENT_REG_BAR_IDX,
        });
    /* section 8.2.1.3: capable of, enabled for and trained to cache, io and memory, 68B flits */
    cxl_component_create_dvsec(c, CXL2_TYPE3_DEVICE, PCIE_CXL3_FLEXBUS_PORT_DVSEC_LENGTH,
        PCIE_FLEXBUS_PORT_DVSEC, PCIE_CXL3_FLEXBUS_PORT_DVSEC_REVID,
        (uint8_t *)&(CXLDVSECPortFlexBus) { .cap = 0x27, .ctrl = 0x7, .status = 0x27 });
}

bool accel_config_init(CXLAccel *a, Error **errp)
{
    PCIDevice *d = PCI_DEVICE(a);

    pci_config_set_class(d->config, a->class_code >> 8);
    pci_config_set_prog_interface(d->config, a->class_code);
    pcie_endpoint_cap_init(d, 0x80);
    pcie_cap_flr_init(d);
    pcie_cap_deverr_init(d);
    pcie_dev_ser_num_init(d, SERIAL_AT, a->parent.sn);
    add_dvsecs(a);
    timer_init_ms(&a->media_timer, QEMU_CLOCK_VIRTUAL, media_is_ready, a);
    timer_init_ms(&a->reset_timer, QEMU_CLOCK_VIRTUAL, reset_ends, a);
    timer_init_ms(&a->flush_timer, QEMU_CLOCK_VIRTUAL, flush_ends, a);
    return pcie_aer_init(d, PCI_ERR_VER, AER_AT, PCI_ERR_SIZEOF, errp) >= 0;
}

void accel_config_exit(CXLAccel *a)
{
    timer_del(&a->media_timer);
    timer_del(&a->reset_timer);
    timer_del(&a->flush_timer);
    pcie_aer_exit(PCI_DEVICE(a));
    pcie_cap_exit(PCI_DEVICE(a));
}
