/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included: UML can't invalidate caches, so the platform that the modules
 * ask is one of fake_mmio, where a test decides whether it can and sees that it
 * did.
 */
#ifndef __FAKE_CACHE_H__
#define __FAKE_CACHE_H__

#ifndef __ASSEMBLY__
#include <linux/memregion.h>

/* knob: the platform can invalidate caches; true unless a test says otherwise */
extern bool fake_cache_able;
/* how often it did */
extern unsigned int fake_cache_invalidations;

bool fake_cache_has_invalidate(void);
int fake_cache_invalidate(int res_desc);

#define cpu_cache_has_invalidate_memregion	fake_cache_has_invalidate
#define cpu_cache_invalidate_memregion		fake_cache_invalidate
#endif

#endif
