# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices in hot-plug slots. The device is unplugged by QEMU
# while its range is in use: revoked, gone once. Plugged in again it is not committed,
# as the hardware forgot, and PCI-only; committed as firmware would it is attached.
# A slot without power control, which is what QEMU has below a switch, is left by the
# kernel, and the device stays in it: its decoders stand, and it is attached again.
# Orders of locks are not looked at: pciehp takes two of its own in a circle.
# shellcheck source=/dev/null
. ./triggers.sh
# shellcheck source=/dev/null
. ./hotplug.sh

without_lock_orders
load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
plug_of "$first"
unplug "$first"
expect_lost "$first" "attach revoke hangup"
flush
[ ! -e "$BUS/$region" ] || fail "$region is left"
expect_once "$memdev" "$region"
if stays_in_its_slot "$first"; then
	bind "$first"
	outcome_as_expected "$first"
	undone
	exit 0
fi
plug_in "$first"
bind "$first"
expect_state "$first" pci-only not-committed
unbind "$first"
recommit "$first"
undone
