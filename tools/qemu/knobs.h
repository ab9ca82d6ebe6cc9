/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties that are read and written while the machine runs: qom-get, qom-set. */
#ifndef CXL_ACCEL_KNOBS_H
#define CXL_ACCEL_KNOBS_H

#include "qom/object.h"

typedef enum { KNOB_BOOL, KNOB_U32, KNOB_I32, KNOB_U64, KNOB_COUNTER } KnobKind;

/* one property, and where its value is in a structure */
typedef struct Knob {
    const char *name;
    KnobKind kind;
    size_t at;
    const char *help;
} Knob;

/* for each object of a class, whose values are in the object itself */
void knobs_add_to_class(ObjectClass *oc, const Knob *knobs, size_t count,
                        void (*changed)(Object *o));
/* for one object, whose values are somewhere else */
void knobs_add_to_object(Object *o, void *base, const Knob *knobs, size_t count);
/* NAME=VALUE of each counter */
char *knobs_counters(const void *base, const Knob *knobs, size_t count);
void knobs_zero(void *base, const Knob *knobs, size_t count, bool counters);

#endif
