# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What is observed of $STACK with Soft Reserved ranges, topology expanders: one range is what
# firmware committed of the first expander, one is nobody's. Sourced by compare.sh, after
# compare-regions.sh. Who gives what to device-dax, in each order.

# of device-dax: "region" or "hmem" for each range, or "nobody"; twice if it is there twice
dax_owners() {
	owners_at "$SOFT_DEVICE"
	echo -n ", nobody's: "
	owners_at "$SOFT_FREE"
}

owners_at() {
	local dev words=
	for dev in /sys/bus/dax/devices/dax*; do
		[ -e "$dev/resource" ] || continue
		[ $(($(cat "$dev/resource"))) -eq $(($1)) ] || continue
		case $(readlink -f "$dev") in
		*region[0-9]*/dax*) words="$words${words:+ and }region" ;;
		*) words="$words${words:+ and }hmem" ;;
		esac
	done
	echo -n "${words:-nobody}"
}

# who decides may wait for a while for who else may come
decided() {
	local _
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		case $(dax_owners) in
		*nobody\ * | nobody,* | *nobody) sleep 2 ;;
		*) return ;;
		esac
	done
}

load_hmem() {
	modprobe device_dax
	case $STACK in
	ours) modprobe cxla_hmem && modprobe cxla_dax ;;
	in-tree) modprobe dax_hmem ;;
	esac || fail "the driver of Soft Reserved ranges does not load"
}

# the stack, and each expander with its driver as soon as that is there; the root last
load_cxl() {
	local m
	case $STACK in
	ours)
		each_device meant_for
		for m in cxla_core cxla_port cxla_mem cxla_pci cxla_acpi; do
			modprobe $m || fail "$m does not load"
		done
		;;
	in-tree) load_stack_alone ;;
	esac
	each_device bind_expander
	settle
}

meant_for() {
	echo "${S}_pci" >"$PCI/$2/driver_override"
}

soft_begin() {
	SOFT_DEVICE=0x690000000
	SOFT_FREE=0x700000000
}

see_soft_after_cxl() {
	soft_begin
	load_cxl
	load_hmem
	decided
	seen "device's: $(dax_owners)"
}

see_soft_before_cxl() {
	soft_begin
	load_hmem
	load_cxl
	decided
	seen "device's: $(dax_owners)"
}

# nobody drives CXL here: what firmware reserved is not lost
see_soft_without_cxl() {
	soft_begin
	load_hmem
	decided
	seen "device's: $(dax_owners)"
}

# the region goes: nobody else has what its device decodes
see_soft_region_goes() {
	soft_begin
	load_cxl
	load_hmem
	decided
	unbind "$A"
	settle
	sleep 2
	seen "device's: $(dax_owners)"
}
