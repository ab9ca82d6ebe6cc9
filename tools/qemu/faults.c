/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults and counters: properties that a monitor sets and reads at any time. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "accel.h"
#include "knobs.h"

#define F(field) offsetof(CXLAccel, faults.field)
#define C(field) offsetof(CXLAccel, count.field)
#define D(field) offsetof(CXLAccel, decoders.field)

static const Knob faults[] = {
    { "refuse-commit", KNOB_U32, D(refuse),
      "mask of decoders whose commit ends with error-not-committed" },
    { "stuck-commit", KNOB_U32, D(stuck), "mask of decoders that stay committed" },
    { "slow-commit-ms", KNOB_I32, D(slow_ms),
      "milliseconds that a commit takes; -1: it never ends" },
    { "lose-commit", KNOB_U32, F(lose_commit), "mask of decoders that are not committed any more" },
    { "lose-mem-enable", KNOB_BOOL, F(lose_mem_enable), "Mem_Enable is 0 and stays so" },
    { "media-not-ready", KNOB_BOOL, F(media_not_ready),
      "Memory_Info_Valid and Memory_Active are 0, the memory does not answer" },
    { "gone", KNOB_BOOL, F(gone), "registers, configuration space and memory read as all ones" },
    { "registers-all-ones", KNOB_BOOL, F(registers_all_ones),
      "component registers read as all ones" },
    { "config-all-ones", KNOB_BOOL, F(config_all_ones), "configuration space reads as all ones" },
    { "memory-all-ones", KNOB_BOOL, F(memory_all_ones), "the memory reads as all ones" },
    { "drop-register-writes", KNOB_BOOL, F(drop_register_writes),
      "writes to component registers have no effect" },
    { "drop-config-writes", KNOB_BOOL, F(drop_config_writes),
      "writes to configuration space have no effect" },
    { "corrupt-decoders", KNOB_U32, F(corrupt_decoders),
      "mask of decoders that are read with an error, see corrupt-register and corrupt-xor" },
    { "corrupt-register", KNOB_U32, F(corrupt_register),
      "offset in the decoder (0x0: base low, 0x10: control ...)" },
    { "corrupt-xor", KNOB_U32, F(corrupt_xor), "bits that are read inverted" },
    { "override-offset", KNOB_U32, F(override_offset),
      "offset in the CXL.cache and CXL.mem registers of one that reads as something else" },
    { "override-mask", KNOB_U32, F(override_mask), "bits of it; 0: none" },
    { "override-value", KNOB_U32, F(override_value), "what these bits read as" },
    { "config-offset", KNOB_U32, F(config_offset),
      "offset of a double word of configuration space that reads as something else" },
    { "config-mask", KNOB_U32, F(config_mask), "bits of it; 0: none" },
    { "config-value", KNOB_U32, F(config_value), "what these bits read as" },
    { "reset-fails", KNOB_BOOL, F(reset_fails), "a CXL Reset ends with CXL Reset Error" },
    { "reset-never-ends", KNOB_BOOL, F(reset_never_ends), "a CXL Reset does not end" },
    { "flush-never-ends", KNOB_BOOL, F(flush_never_ends),
      "a cache write-back and invalidation does not end" },
    { "flr-clears-decoders", KNOB_BOOL, F(flr_clears_decoders),
      "a function level reset clears CXL.mem state, against the specification" },
};

static const Knob when[] = {
    { "fault-after", KNOB_U32, offsetof(CXLAccel, fault_after),
      "accesses of component registers until the faults are in force" },
    { "fault-for", KNOB_U32, offsetof(CXLAccel, fault_for),
      "accesses from then on until all faults are cleared; 0: they stay" },
    { "fault-counts-config", KNOB_BOOL, offsetof(CXLAccel, fault_counts_config),
      "accesses of configuration space count, too" },
};

static const Knob counters[] = {
    { "mmio-reads", KNOB_COUNTER, C(mmio_reads), "" },
    { "mmio-writes", KNOB_COUNTER, C(mmio_writes), "" },
    { "config-reads", KNOB_COUNTER, C(config_reads), "" },
    { "config-writes", KNOB_COUNTER, C(config_writes), "" },
    { "config-locked-writes", KNOB_COUNTER, C(config_locked_writes), "" },
    { "locked-writes", KNOB_COUNTER, D(locked_writes), "" },
    { "committed-writes", KNOB_COUNTER, D(committed_writes), "" },
    { "commits", KNOB_COUNTER, D(commits), "" },
    { "uncommits", KNOB_COUNTER, D(uncommits), "" },
    { "uncommits-ignored", KNOB_COUNTER, D(uncommits_ignored), "" },
    { "commit-errors", KNOB_COUNTER, D(commit_errors), "" },
    { "flrs", KNOB_COUNTER, C(flrs), "" },
    { "resets", KNOB_COUNTER, C(resets), "" },
    { "cxl-resets", KNOB_COUNTER, C(cxl_resets), "" },
    { "cache-flushes", KNOB_COUNTER, C(cache_flushes), "" },
    { "dropped-reads", KNOB_COUNTER, C(dropped_reads), "" },
    { "dropped-writes", KNOB_COUNTER, C(dropped_writes), "" },
    { "poison-reads", KNOB_COUNTER, C(poison_reads), "" },
};

/* QEMU sets properties of the command line before there is a device */
static void fault_changed(Object *o)
{
    if (DEVICE(o)->realized) {
        accel_update(CXL_ACCEL(o));
    }
}

void accel_access_done(CXLAccel *a, bool config)
{
    if (config && !a->fault_counts_config) {
        return;
    }
    if (a->fault_after) {
        if (!--a->fault_after) {
            accel_update(a);
        }
    } else if (a->fault_for && !--a->fault_for) {
        knobs_zero(a, faults, ARRAY_SIZE(faults), false);
        accel_update(a);
    }
}

static char *get_counters(Object *o, Error **errp)
{
    return knobs_counters(o, counters, ARRAY_SIZE(counters));
}

static bool get_false(Object *o, Error **errp)
{
    return false;
}

static void clear_counters(Object *o, bool value, Error **errp)
{
    if (value) {
        knobs_zero(o, counters, ARRAY_SIZE(counters), true);
    }
}

static void clear_faults(Object *o, bool value, Error **errp)
{
    if (value) {
        knobs_zero(o, faults, ARRAY_SIZE(faults), false);
        knobs_zero(o, when, ARRAY_SIZE(when), false);
        fault_changed(o);
    }
}

/* the index of the poisoned line at this address, or -1 */
static int find_poison(CXLAccel *a, uint64_t line)
{
    for (unsigned i = 0; a->poison && i < a->poison->len; i++) {
        if (g_array_index(a->poison, uint64_t, i) == line) {
            return i;
        }
    }
    return -1;
}

/* qom-set poison or heal: the line of 64 bytes at this device physical address */
static void set_poison(Object *o, Visitor *v, const char *name, void *opaque, Error **errp)
{
    CXLAccel *a = CXL_ACCEL(o);
    uint64_t line;
    int at;

    if (!visit_type_uint64(v, name, &line, errp)) {
        return;
    }
    if (!a->poison || line >= a->size) {
        error_setg(errp, "%s: the device has no memory at 0x%" PRIx64, name, line);
        return;
    }
    line &= ~(POISON_LINE - 1);
    at = find_poison(a, line);
    if (opaque && at < 0) {
        g_array_append_val(a->poison, line);
    } else if (!opaque && at >= 0) {
        g_array_remove_index(a->poison, at);
    }
}

static char *get_poisoned(Object *o, Error **errp)
{
    CXLAccel *a = CXL_ACCEL(o);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; a->poison && i < a->poison->len; i++) {
        g_string_append_printf(text, "%s0x%" PRIx64, i ? " " : "",
                               g_array_index(a->poison, uint64_t, i));
    }
    return g_string_free(text, FALSE);
}

static void get_ras(Object *o, Visitor *v, const char *name, void *opaque, Error **errp)
{
    CXLAccel *a = CXL_ACCEL(o);

    visit_type_uint32(v, name, &a->regs[opaque ? R_CXL_RAS_UNC_ERR_STATUS :
                                                 R_CXL_RAS_COR_ERR_STATUS], errp);
}

static void set_ras(Object *o, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t bits;

    if (!visit_type_uint32(v, name, &bits, errp)) {
        return;
    }
    if (!DEVICE(o)->realized) {
        error_setg(errp, "%s: set it when the machine runs", name);
        return;
    }
    accel_ras_set(CXL_ACCEL(o), opaque ? bits : 0, opaque ? 0 : bits);
}

void accel_faults_class_init(ObjectClass *oc)
{
    knobs_add_to_class(oc, faults, ARRAY_SIZE(faults), fault_changed);
    knobs_add_to_class(oc, when, ARRAY_SIZE(when), fault_changed);
    knobs_add_to_class(oc, counters, ARRAY_SIZE(counters), NULL);
    object_class_property_add_str(oc, "counters", get_counters, NULL);
    object_class_property_add_bool(oc, "clear-counters", get_false, clear_counters);
    object_class_property_add_bool(oc, "clear-faults", get_false, clear_faults);
    object_class_property_add(oc, "poison", "uint64", NULL, set_poison, NULL, (void *)1);
    object_class_property_add(oc, "heal", "uint64", NULL, set_poison, NULL, NULL);
    object_class_property_add_str(oc, "poisoned", get_poisoned, NULL);
    object_class_property_add(oc, "ras-uncorrectable", "uint32", get_ras, set_ras, NULL,
                              (void *)1);
    object_class_property_add(oc, "ras-correctable", "uint32", get_ras, set_ras, NULL, NULL);
}
