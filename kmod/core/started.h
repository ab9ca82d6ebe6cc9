/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether CXL enumeration has been started, and is at rest. */
#ifndef __CXLA_STARTED_H__
#define __CXLA_STARTED_H__

#include <linux/types.h>

void cxla_enum_start(void);
int cxla_enum_wait(bool (*cancelled)(void *arg), void *arg,
		   unsigned int seconds);
void cxla_enum_wake(void);
void cxla_enum_rest(void);
int cxla_enum_await_rest(bool (*cancelled)(void *arg), void *arg,
			 unsigned int seconds);
void cxla_enum_exit(void);
bool cxla_enum_waited(void);
void cxla_enum_set_waited(void);

#endif /* __CXLA_STARTED_H__ */
