/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included: there is no memory behind the ranges of a fake fabric. What
 * is asked for as write-back mapping of one is a page that nobody touches, so
 * that what was not given back is a leak.
 */
#ifndef __FAKE_MEMREMAP_H__
#define __FAKE_MEMREMAP_H__

#ifndef __ASSEMBLY__
#include <linux/io.h>

void *fake_memremap(resource_size_t offset, size_t size, unsigned long flags);
void fake_memunmap(void *addr);

#undef memremap
#undef memunmap
#define memremap	fake_memremap
#define memunmap	fake_memunmap
#endif

#endif
