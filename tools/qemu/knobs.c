/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties that are read and written while the machine runs. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "knobs.h"

/* what a property's functions are given: never freed, as classes never are */
typedef struct Binding {
    const Knob *knob;
    void *base;                 /* NULL: the object itself */
    void (*changed)(Object *o);
} Binding;

static const char *const type_names[] = {
    [KNOB_BOOL] = "bool", [KNOB_U32] = "uint32", [KNOB_I32] = "int32",
    [KNOB_U64] = "uint64", [KNOB_COUNTER] = "uint64",
};

static void *place(Object *o, const Binding *b)
{
    return (char *)(b->base ?: o) + b->knob->at;
}

static bool visit(Visitor *v, const char *name, KnobKind kind, void *value, Error **errp)
{
    switch (kind) {
    case KNOB_BOOL:
        return visit_type_bool(v, name, value, errp);
    case KNOB_U32:
        return visit_type_uint32(v, name, value, errp);
    case KNOB_I32:
        return visit_type_int32(v, name, value, errp);
    default:
        return visit_type_uint64(v, name, value, errp);
    }
}

static void knob_get(Object *o, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Binding *b = opaque;

    visit(v, name, b->knob->kind, place(o, b), errp);
}

static void knob_set(Object *o, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Binding *b = opaque;

    if (visit(v, name, b->knob->kind, place(o, b), errp) && b->changed) {
        b->changed(o);
    }
}

static Binding *new_binding(const Knob *knob, void *base, void (*changed)(Object *o))
{
    Binding *b = g_new0(Binding, 1);

    *b = (Binding) { .knob = knob, .base = base, .changed = changed };
    return b;
}

void knobs_add_to_class(ObjectClass *oc, const Knob *knobs, size_t count,
                        void (*changed)(Object *o))
{
    for (size_t i = 0; i < count; i++) {
        bool settable = knobs[i].kind != KNOB_COUNTER;

        object_class_property_add(oc, knobs[i].name, type_names[knobs[i].kind], knob_get,
                                  settable ? knob_set : NULL, NULL,
                                  new_binding(&knobs[i], NULL, changed));
        object_class_property_set_description(oc, knobs[i].name, knobs[i].help);
    }
}

void knobs_add_to_object(Object *o, void *base, const Knob *knobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool settable = knobs[i].kind != KNOB_COUNTER;

        object_property_add(o, knobs[i].name, type_names[knobs[i].kind], knob_get,
                            settable ? knob_set : NULL, NULL, new_binding(&knobs[i], base, NULL));
        object_property_set_description(o, knobs[i].name, knobs[i].help);
    }
}

char *knobs_counters(const void *base, const Knob *knobs, size_t count)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < count; i++) {
        if (knobs[i].kind == KNOB_COUNTER) {
            g_string_append_printf(text, "%s%s=%" PRIu64, text->len ? " " : "", knobs[i].name,
                                   *(const uint64_t *)((const char *)base + knobs[i].at));
        }
    }
    return g_string_free(text, FALSE);
}

void knobs_zero(void *base, const Knob *knobs, size_t count, bool counters)
{
    static const size_t sizes[] = {
        [KNOB_BOOL] = sizeof(bool), [KNOB_U32] = 4, [KNOB_I32] = 4,
        [KNOB_U64] = 8, [KNOB_COUNTER] = 8,
    };

    for (size_t i = 0; i < count; i++) {
        if ((knobs[i].kind == KNOB_COUNTER) == counters) {
            memset((char *)base + knobs[i].at, 0, sizes[knobs[i].kind]);
        }
    }
}
