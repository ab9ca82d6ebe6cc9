// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan: one range a line, `#` starts a comment, blank lines are nothing:
 *
 *   range window=0 offset=0x0 size=0x10000000 serials=0x1 type=device lock=0
 *   range window=0 offset=0x0 size=0x20000000 serials=0x1,0x2 granularity=256 type=host lock=0
 *
 * Every key but granularity and lock is required; none may be repeated.
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
	}
}

size_t plan_read(const char *path, struct range *ranges, size_t max)
{
	unsigned int line = 0;
	char text[512];
	size_t nr = 0;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(text, sizeof(text), f)) {
		struct range r = { .line = ++line, .granularity = 256 };
		unsigned int seen = 0;
		char *save, *tok;

		text[strcspn(text, "#\n")] = '\0';
		tok = strtok_r(text, " \t", &save);
		if (!tok)
			continue;
		if (strcmp(tok, "range"))
			die("plan line %u: '%s': only 'range' is known", line, tok);
		while ((tok = strtok_r(NULL, " \t", &save)))
			parse_pair(&r, tok, &seen);
		for (unsigned int i = 0; i < REQUIRED_KEYS; i++)
			if (!(seen & 1U << i))
				die("plan line %u: '%s' is missing", line, keys[i]);
		if (!r.ways)
			die("plan line %u: no serial number", line);
		if (nr == max)
			die("plan line %u: more than %zu ranges", line, max);
		ranges[nr++] = r;
	}
	if (ferror(f))
		die("%s: %s", path, strerror(errno));
	fclose(f);
	return nr;
}
