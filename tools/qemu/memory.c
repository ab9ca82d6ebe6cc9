/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's memory: which host addresses lead to it, and what an access gets.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "system/hostmem.h"
#include "accel.h"

/* CXL 3.1 section 8.2.4.17.1, bit 7: uncorrectable error of the memory's data */
#define RAS_UNC_MEM_DATA_ECC (1u << CXL_RAS_UNC_ERR_MEM_DATA_ECC)

static void route_decoder(CXLAccel *a, uint32_t *to, unsigned n)
{
    uint32_t ctrl = a->regs[DECODER(n, CTRL) / 4];

    /* QEMU ends when it meets a reserved number of ways */
    if (ctrl & CTRL_COMMITTED && decoder_ways(ctrl)) {
        memcpy(&to[DECODER(n, 0) / 4], &a->regs[DECODER(n, 0) / 4], DECODER_STRIDE);
    }
}

/*
 * QEMU's windows find the memory behind a host address in the registers of the
 * parent. Without decoders enabled the range of the DVSEC decodes (CXL 3.1
 * section 8.1.3.8): it is put there as if it were a decoder.
 */
void accel_route(CXLAccel *a)
{
    uint32_t *to = a->parent.cxl_cstate.crb.cache_mem_registers;
    uint64_t base, size;

    memset(&to[DECODER(0, 0) / 4], 0, MAX_DECODERS * DECODER_STRIDE);
    to[R_CXL_HDM_DECODER_CAPABILITY] = cxl_decoder_count_enc(a->nr_decoders);
    if (accel_hdm_enabled(a)) {
        for (unsigned n = 0; n < a->nr_decoders; n++) {
            route_decoder(a, to, n);
        }
    } else if (accel_dvsec_range(a, &base, &size)) {
        to[DECODER(0, BASE_LOW) / 4] = base;
        to[DECODER(0, BASE_HIGH) / 4] = base >> 32;
        to[DECODER(0, SIZE_LOW) / 4] = size;
        to[DECODER(0, SIZE_HIGH) / 4] = size >> 32;
        to[DECODER(0, CTRL) / 4] = CTRL_COMMIT | CTRL_COMMITTED;
    }
}

/* CXL 3.1 section 8.1.3.2: without Mem_Enable no access reaches the memory */
static bool memory_answers(CXLAccel *a)
{
    return accel_mem_enabled(a) && a->media_ready && !a->in_reset &&
           !FAULT(a, media_not_ready) && !FAULT(a, memory_all_ones) && !FAULT(a, gone);
}

static bool is_poisoned(CXLAccel *a, hwaddr at, unsigned size)
{
    for (unsigned i = 0; i < a->poison->len; i++) {
        uint64_t line = g_array_index(a->poison, uint64_t, i);

        if (at < line + POISON_LINE && at + size > line) {
            return true;
        }
    }
    return false;
}

static MemTxResult read_memory(void *opaque, hwaddr at, uint64_t *data, unsigned size,
                               MemTxAttrs attrs)
{
    CXLAccel *a = opaque;

    *data = ~0ull;
    if (!memory_answers(a)) {
        a->count.dropped_reads++;
        return MEMTX_OK;
    }
    if (is_poisoned(a, at, size)) {
        a->count.poison_reads++;
        accel_ras_set(a, RAS_UNC_MEM_DATA_ECC, 0);
        return MEMTX_ERROR;
    }
    *data = ldn_le_p(a->ram + at, size);
    return MEMTX_OK;
}

static MemTxResult write_memory(void *opaque, hwaddr at, uint64_t data, unsigned size,
                                MemTxAttrs attrs)
{
    CXLAccel *a = opaque;

    if (!memory_answers(a)) {
        a->count.dropped_writes++;
    } else {
        stn_le_p(a->ram + at, size, data);
        memory_region_set_dirty(a->backend, at, size);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps memory_ops = {
    .read_with_attrs = read_memory,
    .write_with_attrs = write_memory,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void accel_memory_clear(CXLAccel *a)
{
    memset(a->ram, 0, a->size);
    memory_region_set_dirty(a->backend, 0, a->size);
    g_array_set_size(a->poison, 0);
}

bool accel_memory_init(CXLAccel *a, Error **errp)
{
    HostMemoryBackend *m = a->parent.hostvmem;

    if (!m) {
        error_setg(errp, "cxl-accel needs memory: add volatile-memdev=ID of a memory-backend-*");
        return false;
    }
    if (host_memory_backend_is_mapped(m)) {
        error_setg(errp, "volatile-memdev: this memory is in use already");
        return false;
    }
    a->backend = host_memory_backend_get_memory(m);
    a->size = memory_region_size(a->backend);
    if (!a->size || a->size % (256 * MiB)) {
        error_setg(errp, "volatile-memdev: its size has to be a multiple of 256 MiB");
        return false;
    }
    host_memory_backend_set_mapped(m, true);
    memory_region_set_nonvolatile(a->backend, false);
    memory_region_set_enabled(a->backend, true);
    a->ram = memory_region_get_ram_ptr(a->backend);
    a->poison = g_array_new(false, false, sizeof(uint64_t));
    memory_region_init_io(&a->dpa, OBJECT(a), &memory_ops, a, "cxl-accel-memory", a->size);
    address_space_init(&a->parent.hostvmem_as, &a->dpa, "cxl-accel-memory");
    return true;
}

void accel_memory_exit(CXLAccel *a)
{
    address_space_destroy(&a->parent.hostvmem_as);
    host_memory_backend_set_mapped(a->parent.hostvmem, false);
    g_array_free(a->poison, true);
}
