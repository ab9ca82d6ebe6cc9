# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A machine without CXL. cxla_acpi says why it won't load; the rest loads and goes.

load_modules "cxla_core cxla_port cxla_mem"
if modprobe cxla_acpi; then
	fail "cxla_acpi loads where there is no CXL"
fi
kernel_said 'cxla_acpi.*(CEDT|ACPI0017)' || fail "no line in the log says why"
if [ -d "$BUS" ] && [ -e "$BUS/root0" ]; then
	fail "there is a root"
fi
