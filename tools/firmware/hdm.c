// SPDX-License-Identifier: GPL-2.0-only
/* HDM decoder registers: CXL 3.1 section 8.2.4.20 */
#include <string.h>
#include <stdio.h>
#include <time.h>

#include "firmware.h"

#define CACHEMEM	(0x1000 / 4)	/* in 32-bit words */
#define CAP_HDM		5

#define HDM_CAP		0x00
#define HDM_GLOBAL	0x04
#define  GLOBAL_ENABLE	0x2
#define DECODER(n)	(0x10 + 0x20 * (n))
#define BASE_LOW	0x00
#define BASE_HIGH	0x04
#define SIZE_LOW	0x08
#define SIZE_HIGH	0x0c
#define CTRL		0x10
#define  CTRL_LOCK	(1U << 8)
#define  CTRL_COMMIT	(1U << 9)
#define  CTRL_COMMITTED	(1U << 10)
#define  CTRL_ERROR	(1U << 11)
#define  CTRL_HOSTONLY	(1U << 12)
#define TARGETS_LOW	0x14
#define TARGETS_HIGH	0x18
#define REG(c, n, r)	((c)->hdm[(DECODER(n) + (r)) / 4])

volatile uint32_t *hdm_find(volatile uint32_t *block)
{
	volatile uint32_t *cachemem = block + CACHEMEM;
	uint32_t header = cachemem[0];

	if ((header & 0xffff) != 1)
		return NULL;
	for (unsigned int i = 1; i <= header >> 24; i++)
		if ((cachemem[i] & 0xffff) == CAP_HDM)
			return cachemem + (cachemem[i] >> 20) / 4;
	return NULL;
}

void hdm_init(struct component *c)
{
	unsigned int code = c->hdm[HDM_CAP / 4] & 0xf;

	c->nr_decoders = code ? code * 2 : 1;
	c->next = 0;
	/* never touch what somebody committed before */
	while (c->next < c->nr_decoders &&
	       REG(c, c->next, CTRL) & CTRL_COMMITTED)
		c->next++;
}

/* in a host bridge or switch the bit stays 0: section 8.2.4.20.2 */
void hdm_enable(struct component *c, bool on, bool dry_run)
{
	uint32_t global = c->hdm[HDM_GLOBAL / 4] & ~GLOBAL_ENABLE;

	if (!dry_run)
		c->hdm[HDM_GLOBAL / 4] = on ? global | GLOBAL_ENABLE : global;
}

static uint32_t encode_ways(const char *where, unsigned int ways)
{
	switch (ways) {
	case 1: return 0;
	case 2: return 1;
	case 4: return 2;
	case 8: return 3;
	case 16: return 4;
	case 3: return 8;
	case 6: return 9;
	case 12: return 10;
	}
	die("%s: %u ways can't be encoded", where, ways);
}

static uint32_t encode_granularity(const char *where, uint64_t granularity)
{
	for (uint32_t code = 0; code <= 6; code++)
		if (granularity == 256ULL << code)
			return code;
	die("%s: granularity %llu can't be encoded", where,
	    (unsigned long long)granularity);
}

static void wait_committed(struct component *c, unsigned int n)
{
	const struct timespec tick = { .tv_nsec = 1000000 };

	/* the specification allows 10 ms; an emulator may take longer */
	for (int tries = 0; tries < 1000; tries++) {
		uint32_t ctrl = REG(c, n, CTRL);

		if (ctrl & CTRL_ERROR)
			die("%s decoder%u: hardware reports error not committed",
			    c->where, n);
		if (ctrl & CTRL_COMMITTED)
			return;
		nanosleep(&tick, NULL);
	}
	die("%s decoder%u: not committed after 1 s", c->where, n);
}

static void report(const struct component *c, unsigned int n,
		   const struct decoder_values *v, bool dry_run)
{
	printf("%s%s decoder%u: 0x%llx-0x%llx %s%s, %u way%s",
	       dry_run ? "would commit " : "committed ", c->where, n,
	       (unsigned long long)v->base,
	       (unsigned long long)(v->base + v->size - 1),
	       v->device ? "device memory" : "host-only memory",
	       v->lock ? ", locked" : "", v->ways, v->ways > 1 ? "s" : "");
	if (v->ways > 1)
		printf(" of %llu bytes", (unsigned long long)v->granularity);
	for (unsigned int i = 0; !v->endpoint && i < v->ways; i++)
		printf("%s%u", i ? "," : ", to port ", v->targets[i]);
	printf("\n");
}

/* a device that was reset has forgotten what those above it still know */
static bool is_committed(const struct component *c,
			 const struct decoder_values *v)
{
	for (unsigned int n = 0; n < c->nr_decoders; n++) {
		uint64_t base = (uint64_t)REG(c, n, BASE_HIGH) << 32 |
			(REG(c, n, BASE_LOW) & 0xf0000000);
		uint64_t size = (uint64_t)REG(c, n, SIZE_HIGH) << 32 |
			(REG(c, n, SIZE_LOW) & 0xf0000000);

		if (REG(c, n, CTRL) & CTRL_COMMITTED && base == v->base &&
		    size == v->size)
			return true;
	}
	return false;
}

void hdm_commit(struct component *c, const struct decoder_values *v,
		bool dry_run)
{
	unsigned int n = c->next;
	uint64_t targets = 0;
	uint32_t ctrl;

	if (is_committed(c, v))
		return;
	if (n >= c->nr_decoders)
		die("%s: all %u decoders are in use", c->where, c->nr_decoders);
	if (!v->endpoint && v->ways > 8)
		die("%s: %u targets do not fit in the target list", c->where,
		    v->ways);
	for (unsigned int i = 0; !v->endpoint && i < v->ways; i++)
		targets |= (uint64_t)v->targets[i] << (8 * i);
	ctrl = encode_granularity(c->where, v->granularity) |
		encode_ways(c->where, v->ways) << 4;
	if (v->lock)
		ctrl |= CTRL_LOCK;
	if (!v->device)
		ctrl |= CTRL_HOSTONLY;

	c->next++;
	if (!dry_run) {
		REG(c, n, BASE_LOW) = v->base & 0xf0000000;
		REG(c, n, BASE_HIGH) = v->base >> 32;
		REG(c, n, SIZE_LOW) = v->size & 0xf0000000;
		REG(c, n, SIZE_HIGH) = v->size >> 32;
		/* an endpoint's DPA skip is in the same place, and is 0 here */
		REG(c, n, TARGETS_LOW) = targets;
		REG(c, n, TARGETS_HIGH) = targets >> 32;
		REG(c, n, CTRL) = ctrl | CTRL_COMMIT;
		wait_committed(c, n);
	}
	report(c, n, v, dry_run);
}

static void poke(struct component *c, unsigned int n, unsigned int reg,
		 uint32_t val, const char *what)
{
	REG(c, n, reg) = val;
	if (REG(c, n, reg) != val)
		die("%s decoder%u: %s: wrote 0x%x, the hardware keeps 0x%x",
		    c->where, n, what, val, REG(c, n, reg));
}

static void poke_pair(struct component *c, const struct poke *p,
		      enum poke_key key, unsigned int low, const char *what)
{
	unsigned int n = p->value[POKE_DECODER];

	if (!poke_has(p, key))
		return;
	poke(c, n, low, p->value[key], what);
	poke(c, n, low + 4, p->value[key] >> 32, what);
	printf(" %s 0x%llx", what, (unsigned long long)p->value[key]);
}

static void poke_field(uint32_t *ctrl, const struct poke *p, enum poke_key key,
		       uint32_t mask, const char *what)
{
	uint32_t unit = mask & -mask;

	if (!poke_has(p, key))
		return;
	if (p->value[key] > mask / unit)
		die("plan line %u: %s does not fit", p->line, what);
	*ctrl = (*ctrl & ~mask) | (uint32_t)p->value[key] * unit;
	printf(" %s %llu", what, (unsigned long long)p->value[key]);
}

void hdm_poke(struct component *c, const struct poke *p, bool dry_run)
{
	unsigned int n = p->value[POKE_DECODER];
	uint32_t before, ctrl;

	if (!c->hdm || n >= c->nr_decoders)
		die("plan line %u: %s has no decoder%u", p->line, c->where, n);
	printf("%s %s decoder%u:", dry_run ? "would write" : p->fault ? "broke" : "wrote",
	       c->where, n);
	if (dry_run) {
		printf(" by line %u\n", p->line);
		return;
	}
	poke_pair(c, p, POKE_BASE, BASE_LOW, "base");
	poke_pair(c, p, POKE_SIZE, SIZE_LOW, "size");
	poke_pair(c, p, POKE_TARGETS, TARGETS_LOW, "targets");
	ctrl = REG(c, n, CTRL);
	before = ctrl;
	poke_field(&ctrl, p, POKE_GRANULARITY, 0xf, "granularity");
	poke_field(&ctrl, p, POKE_WAYS, 0xf0, "ways");
	poke_field(&ctrl, p, POKE_LOCK, CTRL_LOCK, "lock");
	poke_field(&ctrl, p, POKE_HOST, CTRL_HOSTONLY, "host");
	poke_field(&ctrl, p, POKE_COMMITTED, CTRL_COMMIT, "committed");
	if (ctrl != before) {
		/* what the hardware answers to the request */
		ctrl &= ~CTRL_COMMITTED;
		if (ctrl & CTRL_COMMIT)
			ctrl |= CTRL_COMMITTED;
		poke(c, n, CTRL, ctrl, "control");
	}
	printf("\n");
}
