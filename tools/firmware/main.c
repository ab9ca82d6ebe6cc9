// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl-firmware PLAN: commit the HDM decoders of a plan, host bridge first,
 * endpoint last, as platform firmware would have before the kernel started;
 * then make the mistakes that the plan asks for.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware.h"

#define ALIGNMENT	(256ULL << 20)

static struct component components[MAX_PORTS];
static unsigned int nr_components;
static struct cedt cedt;
static bool dry_run;

static volatile uint32_t *map_bridge(const struct chbs *b)
{
	void *map;
	int fd;

	if (b->version != 1)
		die("host bridge %u: CHBS version %u, only CXL 2.0 and later is known",
		    b->uid, b->version);
	fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		die("/dev/mem: %s", strerror(errno));
	map = mmap(NULL, b->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)b->base);
	if (map == MAP_FAILED)
		die("/dev/mem at 0x%llx: %s", (unsigned long long)b->base,
		    strerror(errno));
	close(fd);
	return map;
}

/* the component of @hop, looked up once; hdm is NULL when it has none */
static struct component *component(const struct hop *hop)
{
	volatile uint32_t *block;
	struct component *c;

	for (unsigned int i = 0; i < nr_components; i++)
		if (!strcmp(components[i].path, hop->path))
			return &components[i];
	if (nr_components == MAX_PORTS)
		die("more than %d components", MAX_PORTS);
	c = &components[nr_components++];
	copy_path(c->path, hop->path);

	if (hop->is_bridge) {
		snprintf(c->where, sizeof(c->where), "host bridge %u", hop->uid);
		block = map_bridge(cedt_bridge(&cedt, hop->uid));
	} else {
		uint64_t bar_offset = 0;
		struct pci_function f;

		if (!pci_open(&f, hop->path))
			die("%s: %s", hop->path, strerror(errno));
		snprintf(c->where, sizeof(c->where), "%s %s",
			 pci_port_type(&f) == PCI_TYPE_UPSTREAM ? "switch" :
			 "endpoint", f.name);
		block = pci_map_component(&f, &bar_offset);
		pci_close(&f);
		if (!block)
			die("%s: no component registers", c->where);
	}
	c->hdm = hdm_find(block);
	if (c->hdm)
		hdm_init(c);
	else if (hop->is_bridge)
		printf("%s: passthrough, has no decoders\n", c->where);
	return c;
}

/* check against the window, and turn its offset into an address */
static void place(struct range *r)
{
	const struct window *w;

	if (r->window >= cedt.nr_windows)
		die("plan line %u: window %u of %u", r->line, r->window,
		    cedt.nr_windows);
	w = &cedt.windows[r->window];
	r->base = w->base + r->offset;
	if (r->offset % ALIGNMENT || r->size % ALIGNMENT || !r->size)
		die("plan line %u: offset and size must be multiples of 256 MiB",
		    r->line);
	if (r->offset > w->size || r->size > w->size - r->offset)
		die("plan line %u: ends beyond window %u of 0x%llx bytes",
		    r->line, r->window, (unsigned long long)w->size);
}

static int by_base(const void *a, const void *b)
{
	const struct range *ra = a, *rb = b;

	return ra->base < rb->base ? -1 : ra->base > rb->base;
}

/* collects each component on the way to any member once, with its targets */
struct stop {
	struct hop hop;
	unsigned int depth, ways;
	unsigned int targets[MAX_WAYS];
};

static struct stop *stop_for(struct stop *stops, unsigned int *nr,
			     const struct hop *hop, unsigned int depth)
{
	for (unsigned int i = 0; i < *nr; i++)
		if (!strcmp(stops[i].hop.path, hop->path))
			return &stops[i];
	if (*nr == MAX_PORTS)
		die("more than %d components", MAX_PORTS);
	stops[*nr] = (struct stop){ .hop = *hop, .depth = depth };
	return &stops[(*nr)++];
}

static void add_target(struct stop *s, unsigned int target)
{
	for (unsigned int i = 0; i < s->ways; i++)
		if (s->targets[i] == target)
			return;
	s->targets[s->ways++] = target;
}

/* what makes a device decode, once its decoders are committed, or in their place */
static void enable_device(const struct stop *s, const struct range *r)
{
	struct pci_function f;

	if (!pci_open(&f, s->hop.path))
		die("%s: %s", s->hop.path, strerror(errno));
	if (r->dvsec)
		pci_dvsec_range(&f, r->base, r->size, dry_run);
	pci_mem_enable(&f, true, dry_run);
	pci_close(&f);
}

static void commit_stop(const struct stop *s, const struct range *r,
			uint64_t granularity, bool endpoint)
{
	struct component *c = component(&s->hop);
	struct decoder_values v = {
		.base = r->base, .size = r->size, .granularity = granularity,
		.ways = endpoint ? r->ways : s->ways,
		.endpoint = endpoint, .device = r->device, .lock = r->lock,
	};

	if (endpoint && r->dvsec) {
		enable_device(s, r);
		return;
	}
	if (!c->hdm && s->hop.is_bridge)
		return;
	if (!c->hdm)
		die("%s: no HDM decoder capability", c->where);
	memcpy(v.targets, s->targets, sizeof(v.targets));
	hdm_commit(c, &v, dry_run);
	hdm_enable(c, true, dry_run);
	if (endpoint)
		enable_device(s, r);
}

static void commit_range(const struct range *r)
{
	unsigned int ways_above = cedt.windows[r->window].ways;
	static struct stop stops[MAX_PORTS];
	unsigned int nr = 0, deepest = 0;

	for (unsigned int m = 0; m < r->ways; m++) {
		struct hop hops[MAX_DEPTH];
		unsigned int depth, nr_hops = path_to_serial(r->serials[m], hops);

		for (depth = 0; depth < nr_hops; depth++) {
			struct stop *s = stop_for(stops, &nr, &hops[depth], depth);

			if (depth + 1 < nr_hops)
				add_target(s, hops[depth].target);
		}
		if (nr_hops - 1 > deepest)
			deepest = nr_hops - 1;
	}
	/*
	 * Host bridges first. Each level interleaves in steps of what all those
	 * above it take together; an endpoint in steps of the whole.
	 */
	for (unsigned int depth = 0; depth <= deepest; depth++) {
		unsigned int widest = 1;

		for (unsigned int i = 0; i < nr; i++) {
			bool endpoint = !stops[i].ways;

			if (stops[i].depth != depth)
				continue;
			if (!endpoint && stops[i].ways > widest)
				widest = stops[i].ways;
			commit_stop(&stops[i], r, endpoint ? r->granularity :
				    r->granularity * ways_above, endpoint);
		}
		ways_above *= widest;
	}
}

/* in configuration space of an endpoint */
static void poke_config(const struct poke *p, const struct hop *hop)
{
	struct pci_function f;

	if (p->at != AT_ENDPOINT || !pci_open(&f, hop->path))
		die("plan line %u: %s is no endpoint", p->line, hop->path);
	if (poke_has(p, POKE_DVSEC_SIZE))
		pci_dvsec_range(&f, p->value[POKE_BASE], p->value[POKE_DVSEC_SIZE],
				dry_run);
	if (poke_has(p, POKE_MEM_ENABLE))
		pci_mem_enable(&f, p->value[POKE_MEM_ENABLE], dry_run);
	pci_close(&f);
}

static void poke_component(struct poke *p)
{
	static struct hop hops[MAX_DEPTH];
	static unsigned int nr;
	static uint64_t serial;
	const struct hop *hop = &hops[0];

	/* it takes a while, and lines about one device follow one another */
	if (!nr || p->serial != serial)
		nr = path_to_serial(p->serial, hops);
	serial = p->serial;
	if (p->at == AT_ENDPOINT)
		hop = &hops[nr - 1];
	else if (p->at == AT_SWITCH && nr < 3)
		die("plan line %u: no switch above that device", p->line);
	else if (p->at == AT_SWITCH)
		hop = &hops[nr - 2];
	if (poke_has(p, POKE_WINDOW)) {
		if (p->value[POKE_WINDOW] >= cedt.nr_windows)
			die("plan line %u: no such window", p->line);
		p->value[POKE_BASE] = cedt.windows[p->value[POKE_WINDOW]].base +
			p->value[POKE_OFFSET];
		p->given |= 1U << POKE_BASE;
	}
	if (poke_has(p, POKE_DECODER))
		hdm_poke(component(hop), p, dry_run);
	if (poke_has(p, POKE_ENABLE)) {
		if (!component(hop)->hdm)
			die("plan line %u: %s has no decoders", p->line, hop->path);
		hdm_enable(component(hop), p->value[POKE_ENABLE], dry_run);
	}
	if (poke_has(p, POKE_DVSEC_SIZE) || poke_has(p, POKE_MEM_ENABLE))
		poke_config(p, hop);
}

static void usage(FILE *to)
{
	fprintf(to,
		"usage: cxl-firmware [--dry-run] [--cedt FILE] PLAN\n"
		"Commits the HDM decoders that PLAN lists, from host bridge to endpoint.\n"
		"A line of PLAN: range window=N offset=BYTES size=BYTES serials=S[,S...]\n"
		"                type=device|host [granularity=BYTES] [lock=0|1] [dvsec=0|1]\n"
		"Then makes its mistakes, in decoders and in the CEDT; the head of plan.c has\n"
		"their form. FILE is read in place of the CEDT that the kernel shows.\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "cedt", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *table = "/sys/firmware/acpi/tables/CEDT";
	static struct plan plan;
	int opt;

	while ((opt = getopt_long(argc, argv, "nc:h", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			dry_run = true;
			break;
		case 'c':
			table = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind + 1 != argc) {
		usage(stderr);
		return 2;
	}
	plan_read(argv[optind], &plan);
	if (plan.nr_ranges + plan.nr_pokes) {
		cedt_read(table, &cedt);
		for (size_t i = 0; i < plan.nr_ranges; i++)
			place(&plan.ranges[i]);
		/* decoders of one component are committed in order of address */
		qsort(plan.ranges, plan.nr_ranges, sizeof(plan.ranges[0]), by_base);
		for (size_t i = 0; i < plan.nr_ranges; i++)
			commit_range(&plan.ranges[i]);
		for (size_t i = 0; i < plan.nr_pokes; i++)
			poke_component(&plan.pokes[i]);
	} else if (!plan.nr_patches) {
		printf("nothing to commit\n");
	}
	if (plan.nr_patches)
		cedt_patch(table, plan.patches, plan.nr_patches, dry_run);
	return 0;
}
