/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places where a test can hold whoever comes by, so that somebody else meets
 * it there: pause.c. Nothing of it is left in a kernel without fault injection,
 * but in User Mode Linux, where KUnit is run.
 */
#ifndef __CXLA_PAUSE_H__
#define __CXLA_PAUSE_H__

/* what is held there is said where it is called: cxla_pause(CXLA_PAUSE_x) */
#define CXLA_PAUSE_POINTS(_)						\
	_(ATTACH_BEGIN, "attach-begin")					\
	_(PORTS_FOUND, "ports-found")					\
	_(DECODERS_READ, "decoders-read")				\
	_(DECODERS_MADE, "decoders-made")				\
	_(REGION_MADE, "region-made")					\
	_(REGION_ADDED, "region-added")					\
	_(RANGE_CLAIMED, "range-claimed")				\
	_(ATTACH_COMPLETE, "attach-complete")				\
	_(REVOKE_BEGIN, "revoke-begin")					\
	_(REVOKE_DRAINED, "revoke-drained")				\
	_(REVOKE_DONE, "revoke-done")					\
	_(REGION_DYING, "region-dying")					\
	_(REGION_DELETED, "region-deleted")				\
	_(PORT_DYING, "port-dying")					\
	_(ENDPOINT_DETACHED, "endpoint-detached")			\
	_(MEMDEV_ENDING, "memdev-ending")				\
	_(MEMDEV_DELETED, "memdev-deleted")				\
	_(DETACH_BEGIN, "detach-begin")					\
	_(DETACH_LOCKED, "detach-locked")				\
	_(DETACH_UNLOCKED, "detach-unlocked")				\
	_(RETRY_BEGIN, "retry-begin")					\
	_(RETRY_LOCKED, "retry-locked")					\
	_(COMMIT_CHANGING, "commit-changing")				\
	_(COMMIT_UNBOUND, "commit-unbound")				\
	_(COMMIT_CHANGED, "commit-changed")				\
	_(ROOT_ADDED, "root-added")					\
	_(ROOT_ENDING, "root-ending")					\
	_(FAULT_ENTERED, "fault-entered")				\
	_(RESET_PREPARED, "reset-prepared")

#define CXLA_PAUSE_ID(id, name) CXLA_PAUSE_##id,
enum cxla_pause_point {
	CXLA_PAUSE_POINTS(CXLA_PAUSE_ID)
	CXLA_PAUSE_COUNT,
};

#undef CXLA_PAUSE_ID

#if IS_ENABLED(CONFIG_FAULT_INJECTION) || IS_ENABLED(CONFIG_UML)
void cxla_pause(enum cxla_pause_point point);
int cxla_pause_arm(enum cxla_pause_point point);
void cxla_pause_let_go(enum cxla_pause_point point);
bool cxla_pause_held(enum cxla_pause_point point);
void cxla_pause_init(struct dentry *dir);
#else
static inline void cxla_pause(enum cxla_pause_point point)
{
}

static inline void cxla_pause_init(struct dentry *dir)
{
}
#endif

#endif
