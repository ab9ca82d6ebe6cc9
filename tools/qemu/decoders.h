/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HDM decoders as hardware has them: CXL 3.1 section 8.2.4.20.
 *
 * QEMU's own components keep whatever is written to a decoder. This enforces
 * what the specification asks of hardware, for any array of registers.
 */
#ifndef CXL_ACCEL_DECODERS_H
#define CXL_ACCEL_DECODERS_H

#include "qemu/timer.h"

#define MAX_DECODERS 10

/* registers of a decoder, from its first one on */
enum {
    BASE_LOW = 0x00,
    BASE_HIGH = 0x04,
    SIZE_LOW = 0x08,
    SIZE_HIGH = 0x0c,
    CTRL = 0x10,
    TARGETS_LOW = 0x14,         /* endpoints: DPA skip */
    TARGETS_HIGH = 0x18,
    DECODER_STRIDE = 0x20,
};

/* bits of the control register */
#define CTRL_LOCK       (1u << 8)
#define CTRL_COMMIT     (1u << 9)
#define CTRL_COMMITTED  (1u << 10)
#define CTRL_ERROR      (1u << 11)
#define CTRL_HOST_ONLY  (1u << 12)
#define CTRL_BI         (1u << 13)

/* offset of a register of decoder n in the CXL.cache and CXL.mem registers */
#define DECODER(n, what) (A_CXL_HDM_DECODER0_BASE_LO + DECODER_STRIDE * (n) + (what))

typedef struct Decoders Decoders;

struct Decoders {
    const char *where;          /* for messages: whose decoders */
    uint32_t *regs;             /* all CXL.cache and CXL.mem registers */
    bool strict;                /* off: any commit succeeds, any write is kept */
    bool endpoint;              /* has DPA skip in place of targets */
    bool zero_size;             /* a decoder of size 0 can be committed */
    uint64_t capacity;          /* endpoint: bytes of memory behind it */
    uint32_t ctrl_writable;     /* bits of the control register */
    /* called when what the decoders decode has changed */
    void (*changed)(Decoders *d);

    /* faults, in force while *held is 0 */
    const uint32_t *held;
    uint32_t refuse;            /* mask of decoders: error-not-committed */
    uint32_t stuck;             /* mask of decoders that don't uncommit */
    int32_t slow_ms;            /* a commit takes this long; -1: for ever */

    /* counters */
    uint64_t locked_writes;     /* to locked decoders, without effect */
    uint64_t committed_writes;  /* to committed ones, and while committing */
    uint64_t commits;
    uint64_t uncommits;
    uint64_t commit_errors;
    uint64_t uncommits_ignored; /* a later decoder was committed */

    uint32_t pending;           /* mask of decoders that are being committed */
    QEMUTimer timer;
};

/* regs, where and strict have been set */
void decoders_init(Decoders *d);
void decoders_exit(Decoders *d);
/* forget commits in progress: the registers have been reset */
void decoders_forget(Decoders *d);
unsigned decoders_count(const Decoders *d);
uint64_t decoder_pair(const Decoders *d, unsigned n, unsigned low);
/* ways of an encoding, or 0 when it is reserved */
unsigned decoder_ways(uint32_t ctrl);
/* a write of the guest: false when it is to no register of a decoder */
bool decoders_write(Decoders *d, hwaddr at, uint32_t value);

#endif
