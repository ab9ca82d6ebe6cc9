# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topologies whose attached devices are of one size, on a kernel whose own stack attaches
# accelerators. The sample driver, one source, built against either's headers, is given
# the range that is expected by both stacks, one after the other.

[ -e "/lib/modules/$(uname -r)/updates/cxl_sample_intree.ko" ] ||
	fail "the sample is not built against the kernel's own headers"
capacity=$(awk '$2 == "attached" { print $6; exit }' /etc/cxla/expect)

count=0
# told_range DRIVER ADDRESS: as the driver says it in the log
told_range() {
	scenario_log | sed -n "s/.*$1 $2: CXL memory at \[\(.*\)\].*/\1/p"
}

check() {
	[ "$3" = attached ] || return 0
	bind "$2" "$DRIVER"
	expect_equal "driver of $2" "$(basename "$(readlink "$PCI/$2/driver")")" "$DRIVER"
	expect_equal "range by $DRIVER of $2" "$(told_range "$DRIVER" "$2")" "$(range_text "$5" "$6")"
	region_at "$5" >/dev/null || fail "$BUS: no region at $(printf '0x%x' "$5")"
	count=$((count + 1))
}

DRIVER=cxl_sample_intree
BUS=/sys/bus/cxl/devices
# with cxl_acpi before cxl_port there would be no endpoints
load_modules "cxl_port cxl_acpi cxl_mem"
modprobe $DRIVER "capacity=$((capacity))" || fail "$DRIVER does not load"
each_device check
unbind_all
rmmod $DRIVER || fail "$DRIVER can't be unloaded"
unload_in_tree

DRIVER=cxl_sample
BUS=/sys/bus/cxla/devices
load_modules "cxla_core cxla_port cxla_mem cxla_acpi"
modprobe $DRIVER "capacity=$((capacity))" || fail "$DRIVER does not load"
each_device check
[ $count -gt 0 ] || fail "no device of the topology is attached"
