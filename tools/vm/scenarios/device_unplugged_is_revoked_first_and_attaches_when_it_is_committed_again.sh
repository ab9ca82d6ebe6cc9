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

without_lock_orders
load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
serial=$(cat "$BUS/$memdev/serial")
model=cxl-type3
! is_accelerator "$first" || model=cxl-accel
id=${serial#0x}
bus=$(cxla-guest monitor qom-get "dev$id" parent_bus | tr -d '"')
bus=${bus##*/}
port=$(readlink -f "$PCI/$first")
port=${port%/*}
port=${port##*/}
cxla-guest monitor device_del "dev$id" || fail "QEMU does not unplug dev$id"
for _ in 1 2 3; do
	! eventually test ! -e "$PCI/$first" || break
done
[ ! -e "$PCI/$first" ] || fail "$first is there after it was unplugged"
expect_lost "$first" "attach revoke hangup"
flush
[ ! -e "$BUS/$region" ] || fail "$region is left"
expect_once "$memdev" "$region"
if dmesg | grep -q "$port: pciehp: Slot .* PwrCtrl-"; then
	slot=$(grep -l "^${first%.*}$" /sys/bus/pci/slots/*/address)
	echo 1 >"${slot%/*}/power" || fail "$first's slot is not looked at again"
	eventually test -e "$PCI/$first/driver_override" || fail "$first does not come back"
	bind "$first"
	outcome_as_expected "$first"
	undone
	exit 0
fi
# the slot is off when QEMU has let go of the device
gone() {
	cxla-guest monitor info qtree >/tmp/qtree
	! has /tmp/qtree "id \"dev$id\""
}
eventually gone || fail "QEMU has dev$id still"
# QEMU takes no backend twice
size=$(($(awk -v serial="$serial" '$1 == serial { print $6 }' /etc/cxla/expect)))
memory=new$id.$$
cxla-guest monitor object_add "memory-backend-ram,id=$memory,size=$size" ||
	fail "QEMU makes no memory"
cxla-guest monitor device_add "$model,bus=$bus,id=dev$id,volatile-memdev=$memory,sn=$serial" ||
	fail "QEMU does not plug dev$id"
for _ in 1 2 3; do
	! eventually test -e "$PCI/$first/driver_override" || break
done
[ -e "$PCI/$first/driver_override" ] || fail "$first does not come back"
bind "$first"
expect_state "$first" pci-only not-committed
unbind "$first"
recommit "$first"
undone
