/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slots of a switch (cxl-downstream) with a power controller, as those of root ports
 * have one. Without it the kernel can't switch a slot off, and QEMU, which lets go of a
 * device when its slot is off, never does: what is below a switch can't be unplugged.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_device.h"
#include "slot_power.h"

static void (*realize)(PCIDevice *d, Error **errp);

static void realize_with_power(PCIDevice *d, Error **errp)
{
    d->cap_present |= QEMU_PCIE_SLTCAP_PCP;
    realize(d, errp);
}

void give_slots_power(void)
{
    ObjectClass *oc = object_class_by_name("cxl-downstream");

    if (oc && !realize) {
        realize = PCI_DEVICE_CLASS(oc)->realize;
        PCI_DEVICE_CLASS(oc)->realize = realize_with_power;
    }
}
