// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan: `#` starts a comment, blank lines are nothing. Ranges are committed:
 *
 *   range window=0 offset=0x0 size=0x10000000 serials=0x1 type=device lock=0
 *   range window=0 offset=0x0 size=0x20000000 serials=0x1,0x2 granularity=256 type=host lock=0
 *
 *   range window=0 offset=0x0 size=0x20000000 serials=0x1 type=device dvsec=1
 *
 * Every key but granularity, lock and dvsec is required; none may be repeated. With
 * dvsec the device decodes by the first range of its DVSEC, and not by a decoder.
 *
 * After them come deliberate mistakes. In the decoder of a component on the way
 * to a device, with values as the registers have them:
 *
 *   fault at=endpoint serial=0x1 decoder=0 size=0
 *   fault at=bridge serial=0x1 decoder=2 window=0 offset=0x10000000 ways=15
 *
 * `registers` is the same for what is no mistake: what another machine had, as a capture
 * has it. Both may also set HDM Decoder Enable, Mem_Enable, and the base of the first range
 * of the DVSEC, whose size has to be what is said:
 *
 *   registers at=endpoint serial=0x1 decoder=0 base=0x690000000 size=0x10000000 committed=1
 *   registers at=endpoint serial=0x1 enable=1 mem_enable=1
 *   registers at=endpoint serial=0x1 dvsec_size=0x20000000 window=0 offset=0
 *
 * and in the CEDT, of which one field a line is overwritten:
 *
 *   cedt window=1 base=0x690000000
 *   cedt bridge=12 version=0
 *   cedt entry=0 length=0
 *   cedt table checksum=1
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware.h"

static uint64_t number(const char *text, unsigned int line, const char *key)
{
	unsigned long long val;
	char *end;

	errno = 0;
	val = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		die("plan line %u: %s: '%s' is not a number", line, key, text);
	return val;
}

static void serials(char *text, struct range *r)
{
	char *save, *tok;

	for (tok = strtok_r(text, ",", &save); tok;
	     tok = strtok_r(NULL, ",", &save)) {
		if (r->ways == MAX_WAYS)
			die("plan line %u: more than %d members", r->line, MAX_WAYS);
		r->serials[r->ways++] = number(tok, r->line, "serials");
	}
}

static const char * const keys[] = {
	"window", "offset", "size", "serials", "type", "granularity", "lock",
	"dvsec",
};

#define REQUIRED_KEYS 5

static void parse_pair(struct range *r, char *pair, unsigned int *seen)
{
	char *val = strchr(pair, '=');
	unsigned int i;

	if (!val)
		die("plan line %u: '%s' is not key=value", r->line, pair);
	*val++ = '\0';
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(pair, keys[i]))
			break;
	if (i == sizeof(keys) / sizeof(keys[0]))
		die("plan line %u: no such key '%s'", r->line, pair);
	if (*seen & 1U << i)
		die("plan line %u: '%s' given twice", r->line, pair);
	*seen |= 1U << i;

	switch (i) {
	case 0:
		r->window = number(val, r->line, pair);
		break;
	case 1:
		r->offset = number(val, r->line, pair);
		break;
	case 2:
		r->size = number(val, r->line, pair);
		break;
	case 3:
		serials(val, r);
		break;
	case 4:
		if (strcmp(val, "device") && strcmp(val, "host"))
			die("plan line %u: type is device or host, not '%s'",
			    r->line, val);
		r->device = !strcmp(val, "device");
		break;
	case 5:
		r->granularity = number(val, r->line, pair);
		break;
	case 6:
		r->lock = number(val, r->line, pair);
		break;
	case 7:
		r->dvsec = number(val, r->line, pair);
		break;
	}
}

static void parse_range(struct range *r, char **save)
{
	unsigned int seen = 0;
	char *tok;

	r->granularity = 256;
	while ((tok = strtok_r(NULL, " \t", save)))
		parse_pair(r, tok, &seen);
	for (unsigned int i = 0; i < REQUIRED_KEYS; i++)
		if (!(seen & 1U << i))
			die("plan line %u: '%s' is missing", r->line, keys[i]);
	if (!r->ways)
		die("plan line %u: no serial number", r->line);
	if (r->dvsec && r->ways > 1)
		die("plan line %u: a range of a DVSEC is not interleaved", r->line);
}

/* the value of key=value, which is cut off at the '=' */
static char *value_of(char *pair, unsigned int line)
{
	char *val = strchr(pair, '=');

	if (!val)
		die("plan line %u: '%s' is not key=value", line, pair);
	*val++ = '\0';
	return val;
}

static unsigned int choice(const char *text, const char * const *names,
			   unsigned int nr, unsigned int line)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(text, names[i]))
			return i;
	die("plan line %u: '%s' is nothing that is known", line, text);
}

static const char * const poke_places[] = { "endpoint", "switch", "bridge" };
static const char * const poke_keys[] = {
	[POKE_BASE] = "base", [POKE_SIZE] = "size",
	[POKE_TARGETS] = "targets", [POKE_WAYS] = "ways",
	[POKE_GRANULARITY] = "granularity", [POKE_HOST] = "host",
	[POKE_LOCK] = "lock", [POKE_COMMITTED] = "committed",
	[POKE_WINDOW] = "window", [POKE_OFFSET] = "offset",
	[POKE_DECODER] = "decoder", [POKE_ENABLE] = "enable",
	[POKE_MEM_ENABLE] = "mem_enable", [POKE_DVSEC_SIZE] = "dvsec_size",
};

/* values of registers that belong to a decoder */
#define DECODER_KEYS (1U << POKE_SIZE | 1U << POKE_TARGETS | 1U << POKE_WAYS |	\
		      1U << POKE_GRANULARITY | 1U << POKE_HOST | 1U << POKE_LOCK | \
		      1U << POKE_COMMITTED)
#define BASE_KEYS (1U << POKE_BASE | 1U << POKE_WINDOW | 1U << POKE_OFFSET)

static void parse_poke(struct poke *p, char **save)
{
	bool at = false, serial = false;
	char *tok;

	while ((tok = strtok_r(NULL, " \t", save))) {
		char *val = value_of(tok, p->line);

		if (!strcmp(tok, "at")) {
			p->at = choice(val, poke_places, 3, p->line);
			at = true;
		} else if (!strcmp(tok, "serial")) {
			p->serial = number(val, p->line, tok);
			serial = true;
		} else {
			unsigned int key = choice(tok, poke_keys, NR_POKE_KEYS,
						  p->line);

			p->value[key] = number(val, p->line, tok);
			p->given |= 1U << key;
		}
	}
	if (!at || !serial || !(p->given & ~(1U << POKE_DECODER)))
		die("plan line %u: at, serial and a value are required", p->line);
	if (p->given & DECODER_KEYS && !poke_has(p, POKE_DECODER))
		die("plan line %u: of which decoder?", p->line);
	if (p->given & BASE_KEYS && !poke_has(p, POKE_DECODER) &&
	    !poke_has(p, POKE_DVSEC_SIZE))
		die("plan line %u: the base of what?", p->line);
	if (poke_has(p, POKE_DECODER) && poke_has(p, POKE_DVSEC_SIZE))
		die("plan line %u: a decoder or the DVSEC, not both", p->line);
	if (poke_has(p, POKE_WINDOW) != poke_has(p, POKE_OFFSET))
		die("plan line %u: window and offset go together", p->line);
}

static const char * const patch_places[] = { "table", "entry", "bridge", "window" };

static void parse_patch(struct patch *p, char **save)
{
	char *tok = strtok_r(NULL, " \t", save), *val;

	if (!tok)
		die("plan line %u: where in the CEDT?", p->line);
	if (strcmp(tok, "table")) {
		val = value_of(tok, p->line);
		p->index = number(val, p->line, tok);
	}
	p->where = choice(tok, patch_places, 4, p->line);
	tok = strtok_r(NULL, " \t", save);
	if (!tok)
		return;
	val = value_of(tok, p->line);
	if (strlen(tok) >= sizeof(p->field))
		die("plan line %u: '%s' is no field", p->line, tok);
	memcpy(p->field, tok, strlen(tok) + 1);
	p->value = number(val, p->line, tok);
	if (strtok_r(NULL, " \t", save))
		die("plan line %u: one field a line", p->line);
}

static void parse_line(struct plan *plan, char *kind, unsigned int line, char **save)
{
	if (plan->nr_ranges == MAX_RANGES || plan->nr_pokes == MAX_POKES ||
	    plan->nr_patches == MAX_RANGES)
		die("plan line %u: too many of a kind", line);
	if (!strcmp(kind, "range")) {
		struct range *r = &plan->ranges[plan->nr_ranges++];

		r->line = line;
		parse_range(r, save);
	} else if (!strcmp(kind, "fault") || !strcmp(kind, "registers")) {
		struct poke *p = &plan->pokes[plan->nr_pokes++];

		p->line = line;
		p->fault = !strcmp(kind, "fault");
		parse_poke(p, save);
	} else if (!strcmp(kind, "cedt")) {
		struct patch *p = &plan->patches[plan->nr_patches++];

		p->line = line;
		parse_patch(p, save);
	} else {
		die("plan line %u: '%s': neither range, fault, registers nor cedt", line, kind);
	}
}

void plan_read(const char *path, struct plan *plan)
{
	unsigned int line = 0;
	char text[512];
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(text, sizeof(text), f)) {
		char *save, *tok;

		line++;
		text[strcspn(text, "#\n")] = '\0';
		tok = strtok_r(text, " \t", &save);
		if (tok)
			parse_line(plan, tok, line, &save);
	}
	if (ferror(f))
		die("%s: %s", path, strerror(errno));
	fclose(f);
}
