# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, bound to the driver of expanders. Each region has a
# dax_regionN, and that a /dev/daxN.0 of the kernel's own, for exactly its range. What is
# written there is read back by one who maps it anew, after the expander, the root and
# cxla_dax have been rebound. The host finds it in the device's own memory.
# shellcheck source=/dev/null
. ./soft.sh

check_dax() {
	local name
	name=$(dax_at "$5") || fail "$1 is no device of device-dax"
	expect_equal "bytes of $name" "$(cat "$DAX/devices/$name/size")" "$6"
	expect_equal "driver of $name" "$(basename "$(readlink "$DAX/devices/$name/driver")")" device_dax
	expect_equal "parent of $name" \
		"$(basename "$(readlink -f "$DAX/devices/$name/..")")" \
		"dax_$(region_at "$5")"
	[ -c "/dev/$name" ] || fail "/dev/$name is no node"
}
write_dax() {
	cxla-guest pattern write "/dev/$(dax_at "$5")" "$(tag_of "$1")" || fail "$1 can't be written"
}
read_dax() {
	check_dax "$@"
	cxla-guest pattern check "/dev/$(dax_at "$5")" "$(tag_of "$1")" || fail "$1 has lost its pattern"
}
bind_expander() {
	bind "$2" cxla_pci
}

begin_soft
load_modules "$MODULES cxla_hmem cxla_dax"
# whoever has ranges without region lets go of them
unbind_hmem
each_device bind_expander
flush
each_device check_dax
# shellcheck disable=SC2046 # words
expect_owners_of_regions() {
	ledger | awk '$3 != "none"' | readable >/tmp/got
	each_device region_line | sort >/tmp/wanted
	sort /tmp/got | diff /tmp/wanted - || fail "regions are not device-dax's"
}
region_line() {
	echo "$5 $(($5 + $6 - 1)) dax owned region $(dax_at "$5")" | readable
}
expect_owners_of_regions
expect_dax
each_device write_dax
each_device read_dax

unbind_all
expect_equal "devices of device-dax" "$(dax_ranges)" ""
each_device bind_expander
flush
each_device read_dax

echo ACPI0017:00 >/sys/bus/platform/drivers/cxla_acpi/unbind
expect_equal "devices of device-dax" "$(dax_ranges)" ""
echo ACPI0017:00 >/sys/bus/platform/drivers/cxla_acpi/bind
flush
each_device read_dax

rmmod cxla_dax
expect_equal "devices of device-dax" "$(dax_ranges)" ""
modprobe cxla_dax
each_device read_dax
end_soft_clean
