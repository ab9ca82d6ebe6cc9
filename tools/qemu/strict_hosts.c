/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host bridges (pxb-cxl) and switches (cxl-upstream) of QEMU, held to the rules
 * of HDM decoders. QEMU asks special_ops first when a component register is
 * written; neither of these components has any, so these are ours to set.
 */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "hw/cxl/cxl.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_host.h"
#include "hw/pci-bridge/cxl_upstream_port.h"
#include "system/system.h"
#include "decoders.h"
#include "knobs.h"
#include "strict_hosts.h"

typedef struct Host {
    MemoryRegionOps ops;
    Decoders decoders;
} Host;

/* the same names as those of the device */
static const Knob knobs[] = {
    { "refuse-commit", KNOB_U32, offsetof(Host, decoders.refuse),
      "mask of decoders whose commit ends with error-not-committed" },
    { "stuck-commit", KNOB_U32, offsetof(Host, decoders.stuck),
      "mask of decoders that stay committed" },
    { "slow-commit-ms", KNOB_I32, offsetof(Host, decoders.slow_ms),
      "milliseconds that a commit takes; -1: it never ends" },
    { "locked-writes", KNOB_COUNTER, offsetof(Host, decoders.locked_writes), "" },
    { "committed-writes", KNOB_COUNTER, offsetof(Host, decoders.committed_writes), "" },
    { "commits", KNOB_COUNTER, offsetof(Host, decoders.commits), "" },
    { "uncommits", KNOB_COUNTER, offsetof(Host, decoders.uncommits), "" },
    { "uncommits-ignored", KNOB_COUNTER, offsetof(Host, decoders.uncommits_ignored), "" },
    { "commit-errors", KNOB_COUNTER, offsetof(Host, decoders.commit_errors), "" },
};

/* QEMU has put the bits that the component can't write in already */
static void host_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
    CXLComponentState *c = opaque;
    Host *h = container_of(c->crb.special_ops, Host, ops);
    bool passthrough = (c->crb.cache_mem_registers[R_CXL_HDM_CAPABILITY_HEADER] & 0xffff) != 5;

    /* HDM Decoder Enable is 0 for good, CXL 3.1 section 8.2.4.20.2: they always decode */
    if (!passthrough && at == A_CXL_HDM_DECODER_GLOBAL_CONTROL) {
        value &= ~R_CXL_HDM_DECODER_GLOBAL_CONTROL_HDM_DECODER_ENABLE_MASK;
    }
    if (passthrough || !decoders_write(&h->decoders, at, value)) {
        c->crb.cache_mem_registers[at / 4] = value;
    }
}

static void get_counters(Object *o, Visitor *v, const char *name, void *h, Error **errp)
{
    g_autofree char *text = knobs_counters(h, knobs, ARRAY_SIZE(knobs));

    visit_type_str(v, name, &text, errp);
}

static void get_strict(Object *o, Visitor *v, const char *name, void *opaque, Error **errp)
{
    bool strict = true;

    visit_type_bool(v, name, &strict, errp);
}

/* the component is being freed, its registers with it */
static void release(Object *o, const char *name, void *opaque)
{
    Host *h = opaque;

    decoders_exit(&h->decoders);
    g_free(h);
}

static int make_strict(Object *o, void *opaque)
{
    CXLComponentState *c = NULL;
    Host *h;

    if (object_dynamic_cast(o, TYPE_PXB_CXL_DEV) && PXB_CXL_DEV(o)->cxl_host_bridge) {
        c = cxl_get_hb_cstate(PCI_HOST_BRIDGE(PXB_CXL_DEV(o)->cxl_host_bridge));
    } else if (object_dynamic_cast(o, TYPE_CXL_USP)) {
        c = cxl_usp_to_cstate(CXL_USP(o));
    }
    if (!c || c->crb.special_ops) {
        return 0;
    }
    h = g_new0(Host, 1);
    h->ops.write = host_write;
    h->decoders = (Decoders) {
        .where = object_get_typename(o),
        .regs = c->crb.cache_mem_registers,
        .strict = true,
        .zero_size = true,
        .ctrl_writable = 0x3ff | CTRL_HOST_ONLY,
    };
    decoders_init(&h->decoders);
    knobs_add_to_object(o, h, knobs, ARRAY_SIZE(knobs));
    object_property_add(o, "counters", "string", get_counters, NULL, NULL, h);
    object_property_add(o, "strict", "bool", get_strict, NULL, release, h);
    c->crb.special_ops = &h->ops;
    return 0;
}

static void machine_is_complete(Notifier *n, void *data)
{
    object_child_foreach_recursive(object_get_root(), make_strict, NULL);
}

void make_hosts_strict(void)
{
    static Notifier notifier = { .notify = machine_is_complete };
    static bool added;

    if (!added) {
        added = true;
        qemu_add_machine_init_done_notifier(&notifier);
    } else if (phase_check(PHASE_MACHINE_READY)) {
        machine_is_complete(NULL, NULL);
    }
}
