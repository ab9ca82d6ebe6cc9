# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topologies of which no device is interleaved. A driver written in the portable
# form probes the device: whatever it says, the range it is given is the expected.

sample=$(sample_modules | head -n 1)
[ -n "$sample" ] || fail "the sample is not built"
load_modules "cxla_core cxla_port cxla_mem cxla_acpi"
modprobe "$sample" || fail "$sample does not load"
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
