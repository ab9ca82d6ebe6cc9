/* SPDX-License-Identifier: GPL-2.0-only */
/* What is so at each address. */
#ifndef __CXLA_LEDGER_H__
#define __CXLA_LEDGER_H__

#include "claim.h"

struct dentry;

bool cxla_ledger_next(u64 hpa, struct cxla_ledger_line *line);
void cxla_ledger_set_source(bool (*next)(u64 hpa,
					 struct cxla_ledger_line *line));
void cxla_ledger_init(struct dentry *dir);

#endif /* __CXLA_LEDGER_H__ */
