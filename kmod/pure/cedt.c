// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: CEDT parser
 *
 * Walks the CXL Early Discovery Table (CXL 3.1 section 9.18.1) as bytes. What
 * reaches a visitor is well-formed by itself; what is not is told and skipped,
 * so that one broken entry doesn't cost a machine its other windows. That goes
 * for the checksum, too: ACPICA has warned about it by then and has handed out
 * the table all the same.
 *
 * A window that names a host bridge twice reaches the visitor: the
 * specification doesn't say that the targets differ, and whether such a window
 * can be used is a question of decoders, not of the table.
 */
#include "cedt.h"

/* ACPI table header */
#define ACPI_HEADER_SIZE	36
#define ACPI_LENGTH		4

/* head of each entry */
#define ENTRY_TYPE		0
#define ENTRY_LENGTH		2
#define ENTRY_HEADER_SIZE	4

#define CHBS_UID		4
#define CHBS_VERSION		8
#define CHBS_BASE		16
#define CHBS_LENGTH		24
#define CHBS_SIZE		32
#define CHBS_RCRB_SIZE		0x2000
#define CHBS_COMPONENT_SIZE	0x10000

#define CFMWS_BASE		8
#define CFMWS_WINDOW_SIZE	16
#define CFMWS_WAYS		24
#define CFMWS_ARITHMETIC	25
#define CFMWS_GRANULARITY	28
#define CFMWS_RESTRICTIONS	32
#define CFMWS_QTG_ID		34
#define CFMWS_TARGETS		36
#define CFMWS_ARITHMETIC_MODULO	0
#define CFMWS_ARITHMETIC_XOR	1
#define CFMWS_MAX_GRANULARITY	6

#define CXIMS_GRANULARITY	6
#define CXIMS_NR_MAPS		7
#define CXIMS_MAPS		8

#define CEDT_ADDR_LIMIT		BIT_ULL(52)

/* encoded as in an HDM decoder; 0: reserved */
static unsigned int cedt_ways(u8 encoded)
{
	if (encoded <= 4)
		return 1U << encoded;
	if (encoded >= 8 && encoded <= 10)
		return 3U << (encoded - 8);
	return 0;
}

static bool cedt_beyond_limit(u64 base, u64 size)
{
	return base > CEDT_ADDR_LIMIT || size > CEDT_ADDR_LIMIT - base;
}

/* each returns what is wrong, or NULL */
static const char *cedt_parse_chbs(const u8 *entry, size_t len,
				   struct cedt_chbs *chbs)
{
	if (len < CHBS_SIZE)
		return "CHBS is too short";

	chbs->uid = get_unaligned_le32(entry + CHBS_UID);
	chbs->version = get_unaligned_le32(entry + CHBS_VERSION);
	chbs->base = get_unaligned_le64(entry + CHBS_BASE);
	chbs->length = get_unaligned_le64(entry + CHBS_LENGTH);

	switch (chbs->version) {
	case CEDT_CHBS_VERSION_CXL11:
		if (chbs->length != CHBS_RCRB_SIZE)
			return "CHBS: RCRB is not 8 KiB long";
		break;
	case CEDT_CHBS_VERSION_CXL20:
		if (chbs->length != CHBS_COMPONENT_SIZE)
			return "CHBS: component registers are not 64 KiB long";
		break;
	default:
		return "CHBS: unknown version";
	}
	if (!chbs->base)
		return "CHBS: no base address";
	if (!IS_ALIGNED(chbs->base, chbs->length))
		return "CHBS: base is not aligned to its length";
	if (cedt_beyond_limit(chbs->base, chbs->length))
		return "CHBS: registers end beyond the address space";
	return NULL;
}

static const char *cedt_parse_cfmws(const u8 *entry, size_t len,
				    struct cedt_cfmws *cfmws)
{
	u8 arithmetic;
	u32 granularity;
	unsigned int i;

	if (len < CFMWS_TARGETS)
		return "CFMWS is too short";

	cfmws->base = get_unaligned_le64(entry + CFMWS_BASE);
	cfmws->size = get_unaligned_le64(entry + CFMWS_WINDOW_SIZE);
	cfmws->ways = cedt_ways(entry[CFMWS_WAYS]);
	cfmws->restrictions = get_unaligned_le16(entry + CFMWS_RESTRICTIONS);
	cfmws->qtg_id = get_unaligned_le16(entry + CFMWS_QTG_ID);
	arithmetic = entry[CFMWS_ARITHMETIC];
	granularity = get_unaligned_le32(entry + CFMWS_GRANULARITY);

	if (!cfmws->ways)
		return "CFMWS: reserved number of ways";
	if (len < CFMWS_TARGETS + cfmws->ways * sizeof(u32))
		return "CFMWS is too short for its targets";
	if (granularity > CFMWS_MAX_GRANULARITY)
		return "CFMWS: reserved granularity";
	if (arithmetic != CFMWS_ARITHMETIC_MODULO &&
	    arithmetic != CFMWS_ARITHMETIC_XOR)
		return "CFMWS: unknown arithmetic";
	if (!cfmws->size)
		return "CFMWS: size is zero";
	if (!IS_ALIGNED(cfmws->base, SZ_256M))
		return "CFMWS: base is not aligned to 256 MiB";
	if (!IS_ALIGNED(cfmws->size, SZ_256M))
		return "CFMWS: size is no multiple of 256 MiB";
	if (cedt_beyond_limit(cfmws->base, cfmws->size))
		return "CFMWS: window ends beyond the address space";

	cfmws->granularity = 256U << granularity;
	cfmws->modulo = arithmetic == CFMWS_ARITHMETIC_MODULO;
	for (i = 0; i < cfmws->ways; i++)
		cfmws->targets[i] = get_unaligned_le32(entry + CFMWS_TARGETS +
						       i * sizeof(u32));
	return NULL;
}

static const char *cedt_parse_cxims(const u8 *entry, size_t len,
				    struct cedt_cxims *cxims)
{
	unsigned int i;

	if (len < CXIMS_MAPS)
		return "CXIMS is too short";
	if (entry[CXIMS_GRANULARITY] > CFMWS_MAX_GRANULARITY)
		return "CXIMS: reserved granularity";
	if (entry[CXIMS_NR_MAPS] > CEDT_MAX_XORMAPS)
		return "CXIMS: more maps than any window has";
	if (len < CXIMS_MAPS + entry[CXIMS_NR_MAPS] * sizeof(u64))
		return "CXIMS is too short for its maps";

	cxims->granularity = 256U << entry[CXIMS_GRANULARITY];
	cxims->nr_maps = entry[CXIMS_NR_MAPS];
	for (i = 0; i < cxims->nr_maps; i++) {
		cxims->maps[i] = get_unaligned_le64(entry + CXIMS_MAPS +
						    i * sizeof(u64));
		if (!cxims->maps[i])
			return "CXIMS: a map of no bits";
	}
	return NULL;
}

static void cedt_bad(const struct cedt_visitor *v, size_t offset, int type,
		     const char *what)
{
	if (v->bad)
		v->bad(offset, type, what, v->arg);
}

static int cedt_visit(const u8 *table, size_t offset, size_t len,
		      const struct cedt_visitor *v)
{
	const u8 *entry = table + offset;
	const u8 type = entry[ENTRY_TYPE];
	const char *what;

	switch (type) {
	case CEDT_TYPE_CHBS: {
		struct cedt_chbs chbs = { 0 };

		what = cedt_parse_chbs(entry, len, &chbs);
		if (!what)
			return v->chbs ? v->chbs(&chbs, v->arg) : 0;
		if (!v->broken_chbs || len < CHBS_SIZE)
			break;
		v->broken_chbs(offset, chbs.uid, what, v->arg);
		return 0;
	}
	case CEDT_TYPE_CFMWS: {
		struct cedt_cfmws cfmws = { 0 };

		what = cedt_parse_cfmws(entry, len, &cfmws);
		if (!what)
			return v->cfmws ? v->cfmws(&cfmws, v->arg) : 0;
		break;
	}
	case CEDT_TYPE_CXIMS: {
		struct cedt_cxims cxims = { 0 };

		what = cedt_parse_cxims(entry, len, &cxims);
		if (!what)
			return v->cxims ? v->cxims(&cxims, v->arg) : 0;
		break;
	}
	default:
		return 0;
	}

	cedt_bad(v, offset, type, what);
	return 0;
}

static bool cedt_checksum_ok(const u8 *table, size_t len)
{
	u8 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += table[i];
	return !sum;
}

int cedt_walk(const void *table, size_t len, const struct cedt_visitor *v)
{
	const u8 *t = table;
	size_t end, offset, entry_len;
	int rc;

	if (len < ACPI_HEADER_SIZE || memcmp(t, "CEDT", 4))
		return -EINVAL;
	end = get_unaligned_le32(t + ACPI_LENGTH);
	if (end < ACPI_HEADER_SIZE)
		return -EINVAL;

	if (end > len) {
		end = len;
		cedt_bad(v, 0, -1, "table is cut short");
	} else if (!cedt_checksum_ok(t, end)) {
		cedt_bad(v, 0, -1, "checksum does not match");
	}

	for (offset = ACPI_HEADER_SIZE; offset < end; offset += entry_len) {
		if (end - offset < ENTRY_HEADER_SIZE) {
			cedt_bad(v, offset, -1, "entry's header is cut short");
			break;
		}
		entry_len = get_unaligned_le16(t + offset + ENTRY_LENGTH);
		/* there is no telling where the next one starts */
		if (entry_len < ENTRY_HEADER_SIZE) {
			cedt_bad(v, offset, t[offset + ENTRY_TYPE],
				 "entry is shorter than its header");
			break;
		}
		if (entry_len > end - offset) {
			cedt_bad(v, offset, t[offset + ENTRY_TYPE],
				 "entry is cut short");
			break;
		}
		rc = cedt_visit(t, offset, entry_len, v);
		if (rc)
			return rc;
	}
	return 0;
}
