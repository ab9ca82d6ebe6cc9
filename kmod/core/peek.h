/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where decoders lead, read from the hardware without binding it. The values
 * are taken as they are: a decoder that is faulty decodes all the same.
 */
#ifndef __CXLA_PEEK_H__
#define __CXLA_PEEK_H__

#include <linux/pci.h>
#include <linux/range.h>

#include "hdm_regs.h"

/**
 * struct cxla_peek - who is told of ranges
 * @visit: called with each HPA range; a result that is not 0 ends it
 * @arg: passed to it
 * @result: what @visit returned last; 0 before
 */
struct cxla_peek {
	int (*visit)(const struct range *range, void *arg);
	void *arg;
	int result;
};

/**
 * struct cxla_peek_chbs - how to find registers of a host bridge without port
 * @find: sets *@base to the address of its component registers; 0, or an error:
 *	there are none
 *
 * While cxla_acpi is not bound only the platform knows.
 */
struct cxla_peek_chbs {
	int (*find)(struct device *bridge, u64 *base);
};

/* what cxla_peek_decoders() calls for each committed decoder; not 0 ends it */
typedef int (*cxla_peek_fn)(const struct cxl_hdm_regs *regs,
			    const struct cxl_hdm_caps *caps, void *arg);

bool cxla_peek_answers(struct pci_dev *pdev);
int cxla_peek(struct pci_dev *pdev, bool locked, struct cxla_peek *peek);
int cxla_peek_way(struct pci_dev *pdev, const struct cxla_peek_chbs *chbs,
		  struct cxla_peek *peek, int *levels);

/* between the files of it */
int cxla_peek_tell(struct cxla_peek *peek, u64 start, u64 end);
bool cxla_peek_range(const struct cxl_hdm_regs *regs, struct range *range);
int cxla_peek_decoders(const struct cxl_register_map *map, cxla_peek_fn each,
		       void *arg, u32 *global);
bool cxla_peek_reaches(struct pci_dev *pdev);

#endif /* __CXLA_PEEK_H__ */
