# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology expanders-uncommitted, with the packaged cxl and daxctl, unmodified, by `cxla exec`.
# They list what there is, make a region of one device and one that is interleaved over two
# host bridges, disable, enable and destroy it. Decoders of each level are what they were
# after each, the addresses are free again, and over and over. What is wrong is refused, and
# costs nothing. Without the in-tree bus there is nothing to lie over.
# shellcheck source=/dev/null
. ./triggers.sh

bind_expander() {
	bind "$2" cxla_pci
}
# memN of the device at $1
memdev_at() {
	basename "$(echo "$PCI/$1"/mem[0-9]*)"
}
on_our_bus() {
	cxla exec -- "$@" 2>/tmp/errors
}
# regionN that there is, or nothing
the_region() {
	on_our_bus cxl list -R -i | sed -n 's/.*"region":"\(region[0-9]*\)".*/\1/p'
}
keep_pattern() {
	can_map_dax || return 0
	cxla-guest pattern write "/dev/$1" "$2" || fail "$1 can't be written"
	cxla-guest pattern check "/dev/$1" "$2" || fail "$1 keeps nothing"
}
make_region() {
	on_our_bus cxl create-region -t ram "$@" >/tmp/made || fail "no region: $(cat /tmp/errors)"
	region=$(the_region)
	expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
}
destroy_region() {
	on_our_bus cxl disable-region "$region" || fail "$region is not disabled: $(cat /tmp/errors)"
	on_our_bus cxl destroy-region "$region" || fail "$region is not destroyed: $(cat /tmp/errors)"
	expect_equal "regions" "$(the_region)" ""
	expect_equal "decoders after $region was destroyed" "$(decoders_now)" "$before"
}

modprobe device_dax
load_modules "$MODULES cxla_hmem cxla_dax"
if [ ! -e /sys/bus/cxl ]; then
	if cxla exec -- cxl list 2>/tmp/errors; then
		fail "there was no bus to lie over"
	fi
	grep -q "no-in-tree-bus" /tmp/errors || fail "cxla exec says $(cat /tmp/errors)"
fi
modprobe cxl_core
each_device bind_expander
before=$(decoders_now)
one=$(memdev_at 0000:0d:00.0)
other=$(memdev_at 0000:df:00.0)
set -- "$BUS"/root*
root=${1##*/root}
single=decoder$root.0
both=decoder$root.1

# all devices are listed, and each command is one that the device has or has not
on_our_bus cxl list -vvv >/tmp/list || fail "cxl list: $(cat /tmp/errors)"
expect_equal "memdevs" "$(grep -c '"memdev":"mem' /tmp/list)" 4
grep -q '"num_slots"' /tmp/list || fail "nothing was asked by the mailbox"
! ls /dev/cxl 2>/dev/null || fail "/dev/cxl is there for everybody"

# one device
make_region -d "$single" -s 256M -m "$one"
expect_equal "size" "$(cat "$BUS/$region/size")" 0x10000000
start=$(cat "$BUS/$region/resource")
grep -q ": $region$" /proc/iomem || fail "/proc/iomem does not know $region"
dax=$(dax_of "$region")
[ "$dax" ] || fail "$region is no device of device-dax"
on_our_bus daxctl list | grep -q "\"chardev\":\"$dax\"" || fail "daxctl does not know $dax"
keep_pattern "$dax" 7
! echo 0 >"$BUS/$region/size" 2>/dev/null || fail "the size of a committed region was changed"
on_our_bus cxl disable-region "$region" || fail "$region is not disabled: $(cat /tmp/errors)"
expect_equal "devices of device-dax" "$(dax_of "$region")" ""
on_our_bus cxl enable-region "$region" || fail "$region is not enabled: $(cat /tmp/errors)"
[ "$(dax_of "$region")" ] || fail "$region is no device of device-dax again"
destroy_region

# two, over both bridges, in the order of the window
make_region -d "$both" -w 2 -s 512M -m "$one" "$other"
expect_equal "ways" "$(cat "$BUS/$region/interleave_ways")" 2
dax=$(dax_of "$region")
keep_pattern "$dax" 9
destroy_region
! on_our_bus cxl create-region -t ram -d "$both" -w 2 -s 512M -m "$other" "$one" >/dev/null ||
	fail "devices were interleaved against the order of the window"
expect_equal "regions" "$(the_region)" ""
expect_equal "decoders" "$(decoders_now)" "$before"

# a member that goes takes it with it
make_region -d "$both" -w 2 -s 512M -m "$one" "$other"
unbind 0000:df:00.0
! has_regions || fail "the region is left without a member"
expect_equal "decoders" "$(decoders_now)" "$before"
bind 0000:df:00.0 cxla_pci
other=$(memdev_at 0000:df:00.0)

for _ in $(seq "$([ -e /proc/lockdep ] && echo 3 || echo 10)"); do
	make_region -d "$single" -s 512M -m "$one"
	expect_equal "where it is" "$(cat "$BUS/$region/resource")" "$start"
	destroy_region
done
! grep -q "^cxl_core " /proc/modules || rmmod cxl_core
