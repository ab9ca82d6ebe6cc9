/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of HDM decoders: order, overlap, size, lock, commit and uncommit. */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qemu/log.h"
#include "hw/cxl/cxl.h"
#include "decoders.h"

#define UNIT (256 * MiB)        /* base and size are multiples of this */
#define MAX_GRANULARITY 6       /* 256 bytes << 6 */

static uint32_t *ctrl_of(const Decoders *d, unsigned n)
{
    return &d->regs[DECODER(n, CTRL) / 4];
}

uint64_t decoder_pair(const Decoders *d, unsigned n, unsigned low)
{
    return (uint64_t)d->regs[DECODER(n, low + 4) / 4] << 32 |
           (d->regs[DECODER(n, low) / 4] & 0xf0000000);
}

unsigned decoders_count(const Decoders *d)
{
    return cxl_decoder_count_dec(d->regs[R_CXL_HDM_DECODER_CAPABILITY] & 0xf);
}

/* CXL 3.1 section 8.2.4.20.7, interleave ways */
unsigned decoder_ways(uint32_t ctrl)
{
    switch (ctrl >> 4 & 0xf) {
    case 0: return 1;
    case 1: return 2;
    case 2: return 4;
    case 3: return 8;
    case 4: return 16;
    case 8: return 3;
    case 9: return 6;
    case 10: return 12;
    }
    return 0;
}

static bool fault(const Decoders *d, uint32_t mask, unsigned n)
{
    return !(d->held && *d->held) && mask >> n & 1;
}

static bool is_pending(const Decoders *d, unsigned n)
{
    return d->pending >> n & 1 && *ctrl_of(d, n) & CTRL_COMMIT;
}

/* a target list names no port twice */
static bool targets_differ(const Decoders *d, unsigned n, unsigned ways)
{
    uint64_t list = (uint64_t)d->regs[DECODER(n, TARGETS_HIGH) / 4] << 32 |
                    d->regs[DECODER(n, TARGETS_LOW) / 4];

    if (ways > 8) {
        return false;
    }
    for (unsigned i = 0; i < ways; i++) {
        for (unsigned j = 0; j < i; j++) {
            if ((list >> 8 * i & 0xff) == (list >> 8 * j & 0xff)) {
                return false;
            }
        }
    }
    return true;
}

/* bytes of device memory that decoders 0 to n take, skipped ones included */
static bool fits_capacity(const Decoders *d, unsigned n)
{
    uint64_t left = d->capacity;

    for (unsigned i = 0; i <= n; i++) {
        uint64_t size = decoder_pair(d, i, SIZE_LOW) / (decoder_ways(*ctrl_of(d, i)) ?: 1);
        uint64_t skip = decoder_pair(d, i, TARGETS_LOW);

        if (skip > left || size > left - skip) {
            return false;
        }
        left -= skip + size;
    }
    return true;
}

/*
 * CXL 3.1 section 8.2.4.20.12. Returns NULL when decoder n can be committed,
 * or why it can't.
 */
static const char *commit_problem(const Decoders *d, unsigned n)
{
    uint64_t base = decoder_pair(d, n, BASE_LOW), size = decoder_pair(d, n, SIZE_LOW);
    unsigned ways = decoder_ways(*ctrl_of(d, n)), count = decoders_count(d);

    for (unsigned i = 0; i < count; i++) {
        bool committed = *ctrl_of(d, i) & CTRL_COMMITTED;

        if (i < n && !committed) {
            return "an earlier decoder is not committed";
        }
        if (i > n && committed) {
            return "a later decoder is committed";
        }
    }
    if (!ways || (*ctrl_of(d, n) & 0xf) > MAX_GRANULARITY) {
        return "ways or granularity are reserved values";
    }
    if (!size) {
        return d->zero_size ? NULL : "its size is 0";
    }
    if (size % (UNIT * ways) || base + size - 1 < base) {
        return "its size is no multiple of 256 MiB times ways, or too large";
    }
    for (unsigned i = 0; i < n; i++) {
        uint64_t before = decoder_pair(d, i, SIZE_LOW);

        if (before && decoder_pair(d, i, BASE_LOW) + before > base) {
            return "it overlaps an earlier decoder, or is below it";
        }
    }
    if (d->endpoint ? !fits_capacity(d, n) : !targets_differ(d, n, ways)) {
        return d->endpoint ? "the device has less memory" : "its targets are not distinct";
    }
    return NULL;
}

static void finish_commit(Decoders *d, unsigned n)
{
    uint32_t *ctrl = ctrl_of(d, n);
    const char *problem = NULL;

    if (fault(d, d->refuse, n)) {
        problem = "refused as asked for";
    } else if (d->strict) {
        problem = commit_problem(d, n);
    }
    *ctrl &= ~(CTRL_COMMITTED | CTRL_ERROR);
    if (problem) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s decoder%u is not committed: %s\n",
                      d->where, n, problem);
        *ctrl |= CTRL_ERROR;
        d->commit_errors++;
    } else {
        *ctrl |= CTRL_COMMITTED;
        d->commits++;
    }
    if (d->changed) {
        d->changed(d);
    }
}

static void commit_due(void *opaque)
{
    Decoders *d = opaque;
    unsigned count = decoders_count(d);

    for (unsigned n = 0; n < count; n++) {
        if (is_pending(d, n)) {
            finish_commit(d, n);
        }
    }
    d->pending = 0;
}

static void start_commit(Decoders *d, unsigned n)
{
    int32_t ms = d->held && *d->held ? 0 : d->slow_ms;

    if (!ms) {
        finish_commit(d, n);
        return;
    }
    d->pending |= 1u << n;
    if (ms > 0) {
        timer_mod(&d->timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms);
    }
}

/* without COMMIT a committed decoder is given up, in the reverse order of commits */
static void uncommit(Decoders *d, unsigned n, uint32_t value)
{
    unsigned count = decoders_count(d);

    for (unsigned i = n + 1; d->strict && i < count; i++) {
        if (*ctrl_of(d, i) & CTRL_COMMITTED) {
            qemu_log_mask(LOG_GUEST_ERROR, "%s decoder%u stays committed: decoder%u is, too\n",
                          d->where, n, i);
            d->uncommits_ignored++;
            return;
        }
    }
    if (fault(d, d->stuck, n)) {
        return;
    }
    *ctrl_of(d, n) = value & ~(CTRL_COMMITTED | CTRL_ERROR);
    d->uncommits++;
    if (d->changed) {
        d->changed(d);
    }
}

static void write_ctrl(Decoders *d, unsigned n, uint32_t value)
{
    uint32_t *ctrl = ctrl_of(d, n), old = *ctrl;

    /* COMMITTED and ERROR are the hardware's */
    value = (value & d->ctrl_writable) | (old & ~d->ctrl_writable);
    if (old & CTRL_COMMITTED) {
        if (!(value & CTRL_COMMIT)) {
            uncommit(d, n, value);
        } else if (value != old && d->strict) {
            d->committed_writes++;
        } else {
            *ctrl = value;
        }
    } else if (is_pending(d, n) && value & CTRL_COMMIT) {
        d->committed_writes++;
    } else {
        d->pending &= ~(1u << n);
        *ctrl = value & ~CTRL_ERROR;
        if (value & CTRL_COMMIT) {
            start_commit(d, n);
        }
    }
}

static uint32_t writable(const Decoders *d, unsigned what)
{
    switch (what) {
    case BASE_LOW:
    case SIZE_LOW:
        return 0xf0000000;
    case TARGETS_LOW:
        return d->endpoint ? 0xf0000000 : 0xffffffff;
    case BASE_HIGH:
    case SIZE_HIGH:
    case TARGETS_HIGH:
        return 0xffffffff;
    }
    return 0;
}

bool decoders_write(Decoders *d, hwaddr at, uint32_t value)
{
    unsigned n, what;
    uint32_t ctrl;

    if (at < DECODER(0, 0) || at >= DECODER(decoders_count(d), 0)) {
        return false;
    }
    n = (at - DECODER(0, 0)) / DECODER_STRIDE;
    what = (at - DECODER(0, 0)) % DECODER_STRIDE;
    ctrl = *ctrl_of(d, n);
    if (d->strict && ctrl & CTRL_COMMITTED && ctrl & CTRL_LOCK) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s decoder%u is locked: write to register 0x%02x\n",
                      d->where, n, what);
        d->locked_writes++;
    } else if (what == CTRL) {
        write_ctrl(d, n, value);
    } else if (d->strict && (ctrl & CTRL_COMMITTED || is_pending(d, n))) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s decoder%u is committed: write to register 0x%02x\n",
                      d->where, n, what);
        d->committed_writes++;
    } else {
        d->regs[at / 4] = value & writable(d, what);
        if (d->changed && ctrl & CTRL_COMMITTED) {
            d->changed(d);
        }
    }
    return true;
}

void decoders_forget(Decoders *d)
{
    d->pending = 0;
    timer_del(&d->timer);
}

void decoders_init(Decoders *d)
{
    timer_init_ms(&d->timer, QEMU_CLOCK_VIRTUAL, commit_due, d);
}

void decoders_exit(Decoders *d)
{
    decoders_forget(d);
}
