/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_MEM_NODE_H__
#define __CXLA_MEM_NODE_H__

#include <cxl/cxl.h>

struct cxla_mem_node;

struct cxla_mem_node *cxla_mem_node_create(struct cxl_memdev *cxlmd);
void cxla_mem_node_destroy(struct cxla_mem_node *node);

#endif /* __CXLA_MEM_NODE_H__ */
