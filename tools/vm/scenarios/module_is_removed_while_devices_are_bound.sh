# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology. The accelerator driver's module is not held by the devices that
# it is bound to: removing it takes their ranges back.

load_modules "cxla_core cxla_port cxla_mem cxla_acpi cxla_accel"
check() {
	bind "$2" cxla_accel
}
each_device check
rmmod cxla_accel || fail "cxla_accel can't be removed while devices are bound to it"
[ ! -e /sys/module/cxla_accel ] || fail "cxla_accel is still there"
for memdev in /sys/bus/cxla/devices/mem*; do
	[ ! -e "$memdev" ] || fail "$memdev is left"
done
