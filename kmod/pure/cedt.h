/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CXL Early Discovery Table as plain bytes: CXL 3.1 section 9.18.1. It is
 * parsed here, in the module and in userspace alike, and not by the kernel's
 * table walker, so that one file meets every malformed table.
 */
#ifndef __CXLA_CEDT_H__
#define __CXLA_CEDT_H__

#include "pure.h"

#define CEDT_MAX_TARGETS	16

/* types of entries */
#define CEDT_TYPE_CHBS		0
#define CEDT_TYPE_CFMWS		1
#define CEDT_TYPE_CXIMS		2

/**
 * struct cedt_chbs - CXL Host Bridge Structure
 * @uid: _UID of the host bridge's ACPI0016 device
 * @version: 0: CXL 1.1 (RCRB), 1: CXL 2.0 (component registers)
 * @base: physical address of the register block
 * @length: its bytes: 8 KiB for an RCRB, 64 KiB for component registers
 */
struct cedt_chbs {
	u32 uid;
	u32 version;
	u64 base;
	u64 length;
};

#define CEDT_CHBS_VERSION_CXL11	0
#define CEDT_CHBS_VERSION_CXL20	1

/**
 * struct cedt_cfmws - CXL Fixed Memory Window Structure
 * @base: HPA of its first byte
 * @size: bytes
 * @ways: host bridges it interleaves across, 1 to 16
 * @granularity: interleave granularity in bytes
 * @modulo: arithmetic: true modulo, false XOR
 * @restrictions: CEDT_CFMWS_RESTRICT_...
 * @qtg_id: QoS throttling group
 * @targets: _UID of the host bridges, @ways of them, in interleave order
 */
struct cedt_cfmws {
	u64 base;
	u64 size;
	unsigned int ways;
	unsigned int granularity;
	bool modulo;
	u16 restrictions;
	u16 qtg_id;
	u32 targets[CEDT_MAX_TARGETS];
};

#define CEDT_MAX_XORMAPS	8

/**
 * struct cedt_cxims - CXL XOR Interleave Math Structure, 9.18.1.5
 * @granularity: of the windows that it is for, bytes
 * @nr_maps: how many
 * @maps: by bit of the index of a target: its parity with the address is that bit
 */
struct cedt_cxims {
	unsigned int granularity;
	unsigned int nr_maps;
	u64 maps[CEDT_MAX_XORMAPS];
};

#define CEDT_CFMWS_RESTRICT_TYPE2	BIT(0)
#define CEDT_CFMWS_RESTRICT_TYPE3	BIT(1)
#define CEDT_CFMWS_RESTRICT_VOLATILE	BIT(2)
#define CEDT_CFMWS_RESTRICT_PMEM	BIT(3)
#define CEDT_CFMWS_RESTRICT_FIXED	BIT(4)

/**
 * struct cedt_visitor - what to do with the entries of a table
 * @chbs: called for each well-formed CHBS; non-zero ends the walk
 * @cfmws: called for each well-formed CFMWS; non-zero ends the walk
 * @cxims: called for each well-formed CXIMS; non-zero ends the walk; may be NULL
 * @bad: called for each entry that is skipped, with its offset in the table,
 *	its type (-1 when the header itself is cut short) and what is wrong;
 *	may be NULL
 * @broken_chbs: called instead of @bad for a CHBS that names its host bridge and
 *	is wrong otherwise; may be NULL
 * @arg: passed to each
 *
 * Entries of other types are passed over in silence. An entry that overlaps or
 * repeats an earlier one is the caller's to find: it takes memory to know.
 */
struct cedt_visitor {
	int (*chbs)(const struct cedt_chbs *chbs, void *arg);
	int (*cfmws)(const struct cedt_cfmws *cfmws, void *arg);
	int (*cxims)(const struct cedt_cxims *cxims, void *arg);
	void (*bad)(size_t offset, int type, const char *what, void *arg);
	void (*broken_chbs)(size_t offset, u32 uid, const char *what, void *arg);
	void *arg;
};

/*
 * Walk the table of @len bytes at @table, ACPI header included. Returns 0, what
 * a callback returned, or -EINVAL when @table is no CEDT at all (signature,
 * shorter than its header; a length field beyond @len is cut to @len and told
 * to @bad). A zero-length entry ends the walk.
 */
int cedt_walk(const void *table, size_t len, const struct cedt_visitor *v);

#endif /* __CXLA_CEDT_H__ */
