# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scenarios share that unplug a device in QEMU, and plug it in again. Not a scenario by itself.

# plug_of ADDRESS: what unplug and plug_in are about, while the device is there
plug_of() {
	for_address "$1" note_plug
	model=cxl-type3
	! is_accelerator "$1" || model=cxl-accel
	bus=$(cxla-guest monitor qom-get "dev$id" parent_bus | tr -d '"')
	bus=${bus##*/}
	port=$(readlink -f "$PCI/$1")
	port=${port%/*}
	port=${port##*/}
	times=0
	memory=
}
note_plug() {
	plug_serial=$1
	id=${1#0x}
}

unplug() {
	cxla-guest monitor device_del "dev$id" || fail "QEMU does not unplug dev$id"
	for _ in 1 2 3; do
		! eventually test ! -e "$PCI/$1" || break
	done
	[ ! -e "$PCI/$1" ] || fail "$1 is there after it was unplugged"
}

# a slot without power control is left by the kernel, and the device stays in it
stays_in_its_slot() {
	local slot
	dmesg | grep -q "$port: pciehp: Slot .* PwrCtrl-" || return 1
	slot=$(grep -l "^${1%.*}$" /sys/bus/pci/slots/*/address)
	echo 1 >"${slot%/*}/power" || fail "$1's slot is not looked at again"
	eventually test -e "$PCI/$1/driver_override" || fail "$1 does not come back"
}

# the slot is off when QEMU has let go of the device
gone() {
	cxla-guest monitor info qtree >/tmp/qtree
	! has /tmp/qtree "id \"dev$id\""
}

# with new memory, as QEMU takes no backend twice
plug_in() {
	local size
	eventually gone || fail "QEMU has dev$id still"
	# of what was plugged in before; nobody has it any more
	[ -z "$memory" ] || cxla-guest monitor object_del "$memory" >/dev/null
	size=$(($(awk -v serial="$plug_serial" '$1 == serial { print $2 }' /etc/cxla/capacity)))
	times=$((times + 1))
	memory=new$id.$$.$times
	cxla-guest monitor object_add "memory-backend-ram,id=$memory,size=$size" ||
		fail "QEMU makes no memory"
	cxla-guest monitor device_add "$model,bus=$bus,id=dev$id,volatile-memdev=$memory,sn=$plug_serial" ||
		fail "QEMU does not plug dev$id"
	for _ in 1 2 3; do
		! eventually test -e "$PCI/$1/driver_override" || break
	done
	[ -e "$PCI/$1/driver_override" ] || fail "$1 does not come back"
}
