/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included: what the modules map goes to fake_mmio. UML keeps 128
 * mappings at most, each endpoint that is bound has one, and there are to be a
 * thousand of them; and so mappings that were forgotten can be counted.
 */
#ifndef __FAKE_IOREMAP_H__
#define __FAKE_IOREMAP_H__

#ifndef __ASSEMBLY__
#include <linux/io.h>

void __iomem *fake_ioremap(phys_addr_t offset, size_t size);
void fake_iounmap(void __iomem *addr);

#undef ioremap
#undef iounmap
#define ioremap		fake_ioremap
#define iounmap		fake_iounmap
#endif

#endif
