# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# In-tree cxl_acpi holds the root: cxla_acpi refuses with a line that names it, and
# the in-tree driver keeps what it has. Once it is gone, ours loads.

modprobe cxl_acpi || fail "in-tree cxl_acpi does not load"
held=$(readlink /sys/bus/platform/devices/ACPI0017:00/driver) || fail "in-tree cxl_acpi is not bound"
load_modules "cxla_core cxla_port cxla_mem"
if modprobe cxla_acpi; then
	fail "cxla_acpi loads beside in-tree cxl_acpi"
fi
kernel_said 'cxla_acpi.*cxl_acpi' || fail "no line in the log names the driver in the way"
expect_equal "driver of ACPI0017:00" "$(readlink /sys/bus/platform/devices/ACPI0017:00/driver)" "$held"
rmmod cxl_acpi || fail "in-tree cxl_acpi can't be unloaded"
modprobe cxla_acpi || fail "cxla_acpi does not load once the root is free"
