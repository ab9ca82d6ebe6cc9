# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topologies whose attached devices are of one size. A driver written in the
# portable form is given the range that is expected, and says so.

sample=$(sample_modules | head -n 1)
[ -n "$sample" ] || fail "the sample is not built"
load_modules "cxla_core cxla_port cxla_mem cxla_acpi"
capacity=$(awk '$2 == "attached" { print $6; exit }' /etc/cxla/expect)
modprobe "$sample" "capacity=$((capacity))" || fail "$sample does not load"
driver=$(echo "/sys/module/$sample/drivers/pci:"*)
driver=${driver##*pci:}
[ "$driver" != "*" ] || fail "$sample registers no PCI driver"
check() {
	[ "$3" = attached ] || return 0
	bind "$2" "$driver"
	expect_equal "driver of $2" "$(basename "$(readlink "$PCI/$2/driver")")" "$driver"
	region_at "$5" >/dev/null || fail "no region at $(printf '0x%x' "$5")"
	kernel_said "$2.*$(printf '%x' "$5")" || fail "$driver does not tell its range"
}
each_device check
