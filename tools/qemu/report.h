/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CXL_ACCEL_REPORT_H
#define CXL_ACCEL_REPORT_H

#include "qom/object.h"

/* have counters appended to a file when the machine ends; the first caller names it */
void report_to(const char *path);
/* a component that goes before the machine ends */
void report_one(Object *o);

#endif
