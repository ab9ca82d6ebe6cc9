/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cxl-firmware: stands in for platform firmware in a virtual machine. Given a
 * plan it commits HDM decoders from the host bridge down to the endpoint,
 * before any CXL driver is loaded. What is shared between its parts.
 */
#ifndef CXL_FIRMWARE_H
#define CXL_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_WAYS	16
#define MAX_RANGES	64
#define MAX_POKES	512
#define MAX_PORTS	128
#define MAX_DEPTH	16
#define PATH_SIZE	512	/* of a folder in sysfs */

/* --- die.c: below all others ---------------------------------------------- */

/* print to standard error what failed, and exit 1 */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* dies when @from is longer than a sysfs folder's path is ever allowed to be */
void copy_path(char to[PATH_SIZE], const char *from);

/* --- plan.c: what is to be committed ------------------------------------ */

/**
 * struct range - one line of the plan
 * @line: its number, for messages
 * @window: index into the CFMWS of the CEDT
 * @offset: bytes from the start of that window
 * @size: bytes of HPA
 * @granularity: interleave granularity of the whole, in bytes
 * @ways: number of members
 * @serials: the members' PCIe serial numbers, in interleave order
 * @device: device memory (HDM-D/DB) rather than host-only
 * @lock: lock each decoder as it is committed
 * @dvsec: by the first range of the device's DVSEC, in place of its decoder
 * @base: HPA, once the window is known
 */
struct range {
	unsigned int line;
	unsigned int window;
	uint64_t offset, size, granularity;
	unsigned int ways;
	uint64_t serials[MAX_WAYS];
	bool device, lock, dvsec;
	uint64_t base;
};

/**
 * struct poke - registers of a component that are overwritten: a mistake in what the
 *	plan has committed, or what another machine had in its
 * @line: its number, for messages
 * @fault: which of the two, for messages
 * @at: which component on the way to the device
 * @serial: that device's
 * @decoder: number of the decoder in that component
 * @given: bit per enum poke_key: this register is overwritten
 * @value: with what, as the register has it: nothing is checked
 */
enum poke_key {
	POKE_BASE, POKE_SIZE, POKE_TARGETS, POKE_WAYS, POKE_GRANULARITY, POKE_HOST,
	POKE_LOCK, POKE_COMMITTED, POKE_WINDOW, POKE_OFFSET, POKE_DECODER,
	POKE_ENABLE, POKE_MEM_ENABLE, POKE_DVSEC_SIZE, NR_POKE_KEYS
};

struct poke {
	unsigned int line;
	bool fault;
	enum poke_at { AT_ENDPOINT, AT_SWITCH, AT_BRIDGE } at;
	uint64_t serial;
	unsigned int given;
	uint64_t value[NR_POKE_KEYS];
};

static inline bool poke_has(const struct poke *p, enum poke_key key)
{
	return p->given & 1U << key;
}

/**
 * struct patch - one field of the CEDT that is overwritten
 * @line: its number in the plan, for messages
 * @where: of what @index is the number; PATCH_TABLE: of nothing
 * @index: entry of the table, _UID of a host bridge, or window
 * @field: name of the field; empty: none, the table is written as it is
 * @value: what it gets
 */
struct patch {
	unsigned int line;
	enum patch_where { PATCH_TABLE, PATCH_ENTRY, PATCH_BRIDGE, PATCH_WINDOW } where;
	unsigned int index;
	char field[16];
	uint64_t value;
};

struct plan {
	struct range ranges[MAX_RANGES];
	struct poke pokes[MAX_POKES];
	struct patch patches[MAX_RANGES];
	size_t nr_ranges, nr_pokes, nr_patches;
};

void plan_read(const char *path, struct plan *plan);

/* --- cedt.c: where the platform put windows and host bridges ------------- */

struct window {
	uint64_t base, size, granularity;
	unsigned int ways;
	uint32_t targets[MAX_WAYS];
};

struct chbs {
	uint32_t uid, version;
	uint64_t base, length;
};

#define CEDT_MAX	65536
#define CEDT_HEADER	36	/* that of every ACPI table */

struct cedt {
	unsigned int nr_windows, nr_bridges;
	struct window windows[MAX_PORTS];
	struct chbs bridges[MAX_PORTS];
};

size_t cedt_load(const char *path, uint8_t table[CEDT_MAX]);
void cedt_read(const char *path, struct cedt *cedt);
const struct chbs *cedt_bridge(const struct cedt *cedt, uint32_t uid);

/* --- patch.c: a CEDT with mistakes in the place of the platform's --------- */

void cedt_patch(const char *path, const struct patch *patches, size_t nr,
		bool dry_run);

/* --- pci.c: config space and BARs through sysfs --------------------------- */

/**
 * struct pci_function - a PCI function in sysfs
 * @path: its folder
 * @name: the last component, such as 0000:0d:00.0
 * @config: descriptor of its configuration space
 */
struct pci_function {
	char path[PATH_SIZE];
	const char *name;
	int config;
};

bool pci_open(struct pci_function *f, const char *path);
void pci_close(struct pci_function *f);
uint16_t pci_read16(const struct pci_function *f, unsigned int off);
uint32_t pci_read32(const struct pci_function *f, unsigned int off);
void pci_write16(const struct pci_function *f, unsigned int off, uint16_t val);
/* offset in configuration space, or 0 */
unsigned int pci_find_cxl_dvsec(const struct pci_function *f, uint16_t id);
bool pci_serial(const struct pci_function *f, uint64_t *serial);
/* number of a root port or downstream port, from its link capabilities */
unsigned int pci_port_number(const struct pci_function *f);
/* PCIe device/port type, or -1 for a function without the capability */
int pci_port_type(const struct pci_function *f);
/* component registers, mapped; NULL when the function has none */
volatile uint32_t *pci_map_component(const struct pci_function *f,
				     uint64_t *bar_offset);
/* where the first range of the DVSEC for CXL devices is decoded; dies if it is not @size */
void pci_dvsec_range(const struct pci_function *f, uint64_t base, uint64_t size, bool dry_run);
void pci_mem_enable(const struct pci_function *f, bool on, bool dry_run);

#define PCI_TYPE_ENDPOINT	0x0
#define PCI_TYPE_ROOT_PORT	0x4
#define PCI_TYPE_UPSTREAM	0x5
#define PCI_TYPE_DOWNSTREAM	0x6

/* --- path.c: from an endpoint up to its host bridge ----------------------- */

/**
 * struct hop - a component with HDM decoders on the way to an endpoint
 * @path: sysfs folder of the function, or of the host bridge (pci0000:0c)
 * @is_bridge: host bridge: registers are where CHBS says
 * @uid: _UID of the host bridge
 * @target: port number through which this path leaves downwards; unused in the
 *	endpoint itself
 */
struct hop {
	char path[PATH_SIZE];
	bool is_bridge;
	uint32_t uid;
	unsigned int target;
};

/* fills @hops host bridge first, endpoint last; returns how many */
unsigned int path_to_serial(uint64_t serial, struct hop *hops);

/* --- hdm.c: HDM decoder registers ----------------------------------------- */

/**
 * struct component - a register block with HDM decoders
 * @path: sysfs folder of whose it is, which identifies it
 * @where: its name for messages
 * @hdm: the HDM capability structure, NULL when there is none
 * @nr_decoders: by its capability register
 * @next: first decoder not yet used by this plan
 */
struct component {
	char path[PATH_SIZE];
	char where[96];
	volatile uint32_t *hdm;
	unsigned int nr_decoders, next;
};

struct decoder_values {
	uint64_t base, size, granularity;
	unsigned int ways;
	unsigned int targets[MAX_WAYS];
	bool endpoint, device, lock;
};

volatile uint32_t *hdm_find(volatile uint32_t *component_block);
void hdm_init(struct component *c);
void hdm_enable(struct component *c, bool on, bool dry_run);
void hdm_commit(struct component *c, const struct decoder_values *v,
		bool dry_run);
/* dies when the registers don't keep what is written to them */
void hdm_poke(struct component *c, const struct poke *p, bool dry_run);

#endif
