// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the copy in devdax.h with the kernel's own header, where the kernel's
 * sources are there to be compared with. There is no code in here.
 *
 * The kernel's names are given other ones, so that both can be seen at once.
 */
#define dev_dax_data		kernel_dev_dax_data
#define alloc_dax_region	kernel_alloc_dax_region
#define devm_create_dev_dax	kernel_devm_create_dev_dax
#include <dax/bus.h>
#undef dev_dax_data
#undef alloc_dax_region
#undef devm_create_dev_dax

enum { KERNEL_DAX_KMEM = IORESOURCE_DAX_KMEM };

#undef IORESOURCE_DAX_KMEM

#include "devdax.h"

#define ASSERT_SAME_MEMBER(member)					\
	static_assert(offsetof(struct dev_dax_data, member) ==		\
		      offsetof(struct kernel_dev_dax_data, member) &&	\
		      __same_type(((struct dev_dax_data *)0)->member,	\
				  ((struct kernel_dev_dax_data *)0)->member), \
		      "devdax.h: " #member " of struct dev_dax_data differs from the kernel's")

ASSERT_SAME_MEMBER(dax_region);
ASSERT_SAME_MEMBER(pgmap);
ASSERT_SAME_MEMBER(size);
ASSERT_SAME_MEMBER(id);
ASSERT_SAME_MEMBER(memmap_on_memory);
static_assert(sizeof(struct dev_dax_data) == sizeof(struct kernel_dev_dax_data),
	      "devdax.h: the size of struct dev_dax_data differs from the kernel's");

static_assert(IORESOURCE_DAX_KMEM == KERNEL_DAX_KMEM,
	      "devdax.h: IORESOURCE_DAX_KMEM differs from the kernel's");

static_assert(__same_type(alloc_dax_region, kernel_alloc_dax_region),
	      "devdax.h: alloc_dax_region() differs from the kernel's");
/* each takes its own struct */
static_assert(__same_type(devm_create_dev_dax,
			  struct dev_dax *(struct dev_dax_data *)) &&
	      __same_type(kernel_devm_create_dev_dax,
			  struct dev_dax *(struct kernel_dev_dax_data *)),
	      "devdax.h: devm_create_dev_dax() differs from the kernel's");
