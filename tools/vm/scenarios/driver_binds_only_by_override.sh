# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with devices. Without driver_override nothing of ours is bound, by
# module load or by a probe of the device.

check() {
	echo "$2" >/sys/bus/pci/drivers_probe
	[ ! -e "$PCI/$2/driver" ] || fail "$2 is bound to $(readlink "$PCI/$2/driver")"
}

load_modules
each_device check
