/* SPDX-License-Identifier: GPL-2.0-only */
/* Programming one decoder: what commit.c and others make regions with. */
#ifndef __CXLA_PROGRAM_H__
#define __CXLA_PROGRAM_H__

#include "core.h"

int cxla_decoder_in_turn(const struct cxl_decoder *cxld, bool commit);
int cxla_decoder_reset(struct cxl_decoder *cxld);
int cxla_decoder_commit(struct cxl_decoder *cxld);
int cxla_decoder_read_back(struct cxl_decoder *cxld);

#endif /* __CXLA_PROGRAM_H__ */
