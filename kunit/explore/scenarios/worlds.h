/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the worlds of the fake fabric, and what they share
 *
 * bench.c has the machine under test and what may happen to any machine,
 * invariants.c what must hold, each once. A file of its own has each world.
 */
#ifndef EXPLORE_WORLDS_H
#define EXPLORE_WORLDS_H

#include "../../fake/fake_fabric.h"
#include "../inside.h"
#include "../runtime/explore.h"

#define BENCH_WINDOW	0x1000000000ULL
#define BENCH_DEVICES	2

/**
 * struct bench - the machine of a schedule
 * @f: its fabric; NULL: there is none
 * @bridges: host bridges
 * @devices: endpoints
 * @nr_devices: how many
 * @ranges: HPA of the range of each device, inclusive
 * @by_hand: somebody took something away that does not come back by itself:
 *	what is bound need not be attached
 * @frozen: the device is in error recovery: nothing attaches
 * @foreign: somebody else has the range of the device now
 * @removed: the PCI device was removed
 */
struct bench {
	struct fake_fabric *f;
	struct fake_node *bridges[2];
	struct fake_node *devices[BENCH_DEVICES];
	int nr_devices;
	struct range ranges[BENCH_DEVICES];
	bool by_hand;
	bool frozen[BENCH_DEVICES];
	bool foreign[BENCH_DEVICES];
	bool removed[BENCH_DEVICES];
};

extern struct bench bench;

/* a fabric, to be filled in; 0 or -ENOMEM */
int bench_begin(void);
/* @device takes part, and its range is that; before bench_up() */
void bench_device(struct fake_node *device, u64 start, u64 size);
/* PCI devices appear, then the root; 0, or an error */
int bench_start(void);
/* instead: one device below one bridge, with its range, and no root yet */
int bench_single(bool expander);
int bench_root(void);
int bench_bind_all(void);
/* check, teardown and after of a world */
void bench_check(void);
void bench_teardown(void);
void bench_after(void);

/* device @nr has its range, and nobody takes it back */
bool bench_is_attached(int nr);
/* what the ledger says of its range */
void bench_owner(int nr, struct cxla_verdict *verdict);
/* the first device on the bus whose name begins so, referenced, or NULL */
struct device *bench_find(const char *prefix);
/* write a file of @dev, whose reference is given up; NULL: -ENODEV */
int bench_write(struct device *dev, const char *file, const char *text);
/* the port of a bridge or switch is unbound by hand; 0, or -ENODEV */
int bench_unbind_port(struct fake_node *node);

/* what may happen; @arg: number of the device or bridge, by BENCH_ARG() */
#define BENCH_ARG(n)	((void *)(long)(n))
int act_bind(void *nr);
int act_unbind(void *nr);
int act_rebind(void *nr);
int act_reset(void *nr);
int act_recovery(void *nr);
int act_user(void *nr);
int act_foreign(void *nr);
int act_pci_remove(void *nr);
int act_port_unbind(void *nr);
int act_port_cycle(void *nr);
int act_root_cycle(void *unused);
int act_endpoint_unbind(void *nr);
int act_memdev_unbind(void *nr);
int act_memdev_bind(void *nr);
int act_region_unbind(void *unused);
int act_region_bind(void *unused);
int act_delete(void *unused);
int act_uncommit(void *unused);
int act_commit(void *unused);
int act_commit_cycle(void *unused);
int act_ledger(void *unused);

/* those that make sense wherever there is a device 0 below a bridge 0 */
#define BENCH_ACTIONS							\
	{ "bind", act_bind, BENCH_ARG(0) },				\
	{ "unbind", act_unbind, BENCH_ARG(0) },				\
	{ "rebind", act_rebind, BENCH_ARG(0) },				\
	{ "foreign", act_foreign, BENCH_ARG(0) },			\
	{ "pci-remove", act_pci_remove, BENCH_ARG(0) },			\
	{ "port-unbind", act_port_unbind, BENCH_ARG(0) },		\
	{ "port-cycle", act_port_cycle, BENCH_ARG(0) },			\
	{ "root-cycle", act_root_cycle },				\
	{ "endpoint-unbind", act_endpoint_unbind, BENCH_ARG(0) },	\
	{ "memdev-unbind", act_memdev_unbind, BENCH_ARG(0) },		\
	{ "memdev-bind", act_memdev_bind, BENCH_ARG(0) },		\
	{ "region-unbind", act_region_unbind },				\
	{ "region-bind", act_region_bind },				\
	{ "delete", act_delete },					\
	{ "uncommit", act_uncommit },					\
	{ "commit", act_commit },					\
	{ "commit-cycle", act_commit_cycle },				\
	{ "ledger", act_ledger }

/* and where the fake fabric's driver drives it */
#define BENCH_DRIVER_ACTIONS						\
	{ "reset", act_reset, BENCH_ARG(0) },				\
	{ "recovery", act_recovery, BENCH_ARG(0) }

#define EXPLORE_WORLD(_name, _setup, _check, _teardown, _after, _actions) {	\
	.name = _name,							\
	.setup = _setup,						\
	.check = _check,						\
	.teardown = _teardown,						\
	.after = _after,						\
	.actions = _actions,						\
}

/* with the invariants of the bench, and no more */
#define BENCH_WORLD(_name, _setup, _actions)				\
	EXPLORE_WORLD(_name, _setup, bench_check, bench_teardown, bench_after, _actions)

extern const struct explore_world toys_world;
extern const struct explore_world accelerator_world, attached_world;
extern const struct explore_world unaware_world;
extern const struct explore_world pair_world, pair_bound_world;
extern const struct explore_world expander_world;
extern const struct explore_world switched_world, switched_bound_world;
extern const struct explore_world made_world, made_bound_world;
extern const struct explore_world described_world, described_committed_world;
extern const struct explore_world node_world, node_bound_world;
extern const struct explore_world soft_world, soft_early_world, soft_bound_world;
extern const struct explore_world soft_taken_world, soft_unmapped_world;

#endif
