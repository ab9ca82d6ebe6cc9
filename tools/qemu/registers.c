/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component registers: CXL 3.1 section 8.2.3 and 8.2.4. BAR 0 has these and
 * nothing else: no device registers, no mailbox.
 */
#include "qemu/osdep.h"
#include "hw/pci/pcie_aer.h"
#include "accel.h"

#define CACHE_MEM CXL2_COMPONENT_IO_REGION_SIZE     /* where they begin in the BAR */

/* CXL 3.1 section 8.2.4.27, BI Decoder */
#define BI_DECODER_ID       12
#define BI_DECODER          0x300
#define BI_CAP_HDM_D        (1u << 0)   /* can be used as HDM-D, too */
#define BI_CONTROL          (BI_DECODER + 4)
#define BI_CONTROL_ENABLE   (1u << 1)

#define GLOBAL_ENABLE       (1u << 1)
#define COHERENCY_DEVICE    (1u << 21)  /* HDM decoder capability, bits 22:21 */
#define RAS_MASK_UNC        0x1cfff
#define RAS_MASK_COR        0x7f

static void add_capability(CXLAccel *a, unsigned id, unsigned version, unsigned offset)
{
    unsigned n = (a->regs[0] >> 24) + 1;

    a->regs[0] = (a->regs[0] & 0x00ffffff) | n << 24;
    a->regs[n] = id | version << 16 | offset << 20;
}

/* as after a conventional reset; RAS status is sticky */
void accel_registers_reset(CXLAccel *a)
{
    uint32_t uncorrectable = a->regs[R_CXL_RAS_UNC_ERR_STATUS];
    uint32_t correctable = a->regs[R_CXL_RAS_COR_ERR_STATUS];

    decoders_forget(&a->decoders);
    memset(a->regs, 0, sizeof(a->regs));
    a->regs[0] = 1 | 1 << 16 | 1 << 20;     /* CXL capability, versions */
    add_capability(a, 2, CXL_RAS_CAPABILITY_VERSION, CXL_RAS_REGISTERS_OFFSET);
    add_capability(a, 4, CXL_LINK_CAPABILITY_VERSION, CXL_LINK_REGISTERS_OFFSET);
    a->regs[R_CXL_RAS_UNC_ERR_STATUS] = uncorrectable;
    a->regs[R_CXL_RAS_COR_ERR_STATUS] = correctable;
    a->regs[R_CXL_RAS_UNC_ERR_MASK] = RAS_MASK_UNC;
    a->regs[R_CXL_RAS_UNC_ERR_SEVERITY] = RAS_MASK_UNC;
    a->regs[R_CXL_RAS_COR_ERR_MASK] = RAS_MASK_COR;
    if (!a->dvsec_ranges) {
        add_capability(a, 5, CXL_HDM_CAPABILITY_VERSION, CXL_HDM_REGISTERS_OFFSET);
        /* interleaving by address bits 11:8 and 14:12, in 3, 6, 12 and 16 ways */
        a->regs[R_CXL_HDM_DECODER_CAPABILITY] =
            cxl_decoder_count_enc(a->nr_decoders) | 1 << 8 | 1 << 9 | 1 << 11 | 1 << 12 |
            COHERENCY_DEVICE;
    }
    if (a->hdm_db) {
        add_capability(a, BI_DECODER_ID, 1, BI_DECODER);
        a->regs[BI_DECODER / 4] = BI_CAP_HDM_D;
    }
    accel_route(a);
}

bool accel_hdm_enabled(CXLAccel *a)
{
    return !a->dvsec_ranges &&
           a->regs[R_CXL_HDM_DECODER_GLOBAL_CONTROL] & GLOBAL_ENABLE;
}

/* sets status bits, and has the root port told of what is not masked */
void accel_ras_set(CXLAccel *a, uint32_t uncorrectable, uint32_t correctable)
{
    PCIEAERErr error = { .source_id = pci_requester_id(PCI_DEVICE(a)) };

    uncorrectable &= RAS_MASK_UNC;
    correctable &= RAS_MASK_COR;
    a->regs[R_CXL_RAS_UNC_ERR_STATUS] |= uncorrectable;
    a->regs[R_CXL_RAS_COR_ERR_STATUS] |= correctable;
    if (uncorrectable & ~a->regs[R_CXL_RAS_UNC_ERR_MASK]) {
        error.status = PCI_ERR_UNC_INTN;
        pcie_aer_inject_error(PCI_DEVICE(a), &error);
    }
    if (correctable & ~a->regs[R_CXL_RAS_COR_ERR_MASK]) {
        error.status = PCI_ERR_COR_INTERNAL;
        error.flags = PCIE_AER_ERR_IS_CORRECTABLE;
        pcie_aer_inject_error(PCI_DEVICE(a), &error);
    }
}

static uint32_t corrupted(CXLAccel *a, uint32_t at, uint32_t value)
{
    uint32_t n = (at - DECODER(0, 0)) / DECODER_STRIDE;

    if (at >= DECODER(0, 0) && n < MAX_DECODERS && FAULT(a, corrupt_decoders) >> n & 1 &&
        (at - DECODER(0, 0)) % DECODER_STRIDE == a->faults.corrupt_register) {
        value ^= a->faults.corrupt_xor;
    }
    if (FAULT(a, override_mask) && at == a->faults.override_offset) {
        value &= ~a->faults.override_mask;
        value |= a->faults.override_value & a->faults.override_mask;
    }
    return value;
}

static uint64_t read_register(void *opaque, hwaddr at, unsigned size)
{
    CXLAccel *a = opaque;
    uint32_t value = 0;

    a->count.mmio_reads++;
    if (FAULT(a, gone) || FAULT(a, registers_all_ones)) {
        value = ~0u;
    } else if (at >= CACHE_MEM && at - CACHE_MEM < sizeof(a->regs)) {
        value = corrupted(a, at - CACHE_MEM, a->regs[(at - CACHE_MEM) / 4]);
    }
    accel_access_done(a, false);
    return value;
}

static void set_register(CXLAccel *a, hwaddr at, uint32_t value)
{
    uint32_t *reg = &a->regs[at / 4];

    switch (at) {
    case A_CXL_RAS_UNC_ERR_STATUS:
    case A_CXL_RAS_COR_ERR_STATUS:
        *reg &= ~value;         /* write one to clear */
        return;
    case A_CXL_RAS_UNC_ERR_MASK:
    case A_CXL_RAS_UNC_ERR_SEVERITY:
        *reg = value & RAS_MASK_UNC;
        return;
    case A_CXL_RAS_COR_ERR_MASK:
        *reg = value & RAS_MASK_COR;
        return;
    case BI_CONTROL:
        *reg = a->hdm_db ? value & BI_CONTROL_ENABLE : 0;
        return;
    }
    if (a->dvsec_ranges) {
        return;
    }
    if (at == A_CXL_HDM_DECODER_GLOBAL_CONTROL) {
        *reg = value & GLOBAL_ENABLE;   /* no poison on decode errors */
        accel_route(a);
    } else {
        decoders_write(&a->decoders, at, value);
    }
}

static void write_register(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
    CXLAccel *a = opaque;

    a->count.mmio_writes++;
    if (!FAULT(a, gone) && !FAULT(a, registers_all_ones) && !FAULT(a, drop_register_writes) &&
        at >= CACHE_MEM && at - CACHE_MEM < sizeof(a->regs)) {
        set_register(a, at - CACHE_MEM, value);
    }
    accel_access_done(a, false);
}

/* CXL 3.1 section 8.2.3: registers are accessed whole; QEMU halves 64-bit accesses */
static const MemoryRegionOps register_ops = {
    .read = read_register,
    .write = write_register,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void decoders_changed(Decoders *d)
{
    accel_route(container_of(d, CXLAccel, decoders));
}

void accel_registers_init(CXLAccel *a)
{
    a->decoders.where = PCI_DEVICE(a)->qdev.id ?: TYPE_CXL_ACCEL;
    a->decoders.regs = a->regs;
    a->decoders.strict = a->strict;
    a->decoders.zero_size = a->zero_size;
    a->decoders.endpoint = true;
    a->decoders.capacity = a->size;
    a->decoders.held = &a->fault_after;
    a->decoders.changed = decoders_changed;
    a->decoders.ctrl_writable = 0x3ff | CTRL_HOST_ONLY | (a->hdm_db ? CTRL_BI : 0);
    decoders_init(&a->decoders);
    memory_region_init_io(&a->bar, OBJECT(a), &register_ops, a, "cxl-accel-registers",
                          CXL2_COMPONENT_BLOCK_SIZE);
    pci_register_bar(PCI_DEVICE(a), CXL_COMPONENT_REG_BAR_IDX,
                     PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64, &a->bar);
}
