# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scenarios about a takeover compare before and after it.

# what load may change: drivers and overrides of CXL devices, autoprobe, modules, the record
machine_now() {
	local device
	for device in "$PCI"/* /sys/bus/platform/devices/ACPI0017:* /sys/bus/platform/devices/hmem_platform.*; do
		[ -e "$device" ] || continue
		echo "${device##*/} $(basename "$(readlink "$device/driver" || echo none)")" \
			"$(cat "$device/driver_override" 2>/dev/null || true)"
	done
	echo "autoprobe $(cat /sys/bus/pci/drivers_autoprobe)"
	grep '^cxla_' /proc/modules | cut -d ' ' -f 1 || true
	ls /run/cxla/takeover.json 2>/dev/null || true
}

# expect_machine WHAT: it is as /tmp/machine says
expect_machine() {
	machine_now >/tmp/machine.now
	diff /tmp/machine /tmp/machine.now || {
		cat /tmp/errors
		fail "$1: the machine is another one"
	}
}
