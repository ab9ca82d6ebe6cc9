# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an interleaved range, its devices bound to cxla_pci, and some of the
# range online as System RAM by kmem when one member is unbound. The region ends with it;
# the memory can't be taken from who uses it: it stays, the decoders of all members
# stay, and the range is in quarantine, also when the member is back. The last scenario of a
# boot: what can't be taken offline any more is memory until the machine ends.
# shellcheck source=/dev/null
. ./triggers.sh

LEDGER=/sys/kernel/debug/cxla/ledger
members=
collect() {
	[ "$4" = interleaved ] || return 0
	members="$members $2"
}
interleaved_region() {
	local region
	for region in "$BUS"/region*; do
		[ -e "$region" ] || continue
		[ "$(cat "$region/interleave_ways")" -gt 1 ] && echo "${region##*/}"
	done
}
has_dax_driver() {
	[ -d /sys/bus/cxla/drivers/cxla_dax_region ]
}
in_use() {
	dd if=/dev/zero of=/tmp/fill bs=1M count=64 2>/dev/null && rm /tmp/fill
}
quarantined() {
	local dev
	grep -q "^$(printf 0x%x "$start")-.* dax quarantined online " $LEDGER ||
		fail "it is not in quarantine $1: $(cat $LEDGER)"
	grep -q " : System RAM (kmem)" /proc/iomem || fail "the System RAM is gone $1"
	for member in $members; do
		expect_equal "committed decoders of $member $1" "$(in_registers "$member")" 1
	done
	for dev in /sys/bus/dax/devices/dax*; do
		[ ! -e "$dev" ] || fail "${dev##*/} is a device of device-dax $1"
	done
	in_use || fail "no memory $1"
}

modprobe -a device_dax kmem || fail "modules of memory do not load"
echo offline >/sys/devices/system/memory/auto_online_blocks
load_modules
modprobe cxla_hmem || fail "cxla_hmem does not load"
modprobe cxla_dax system_ram=1 || fail "cxla_dax does not load"
eventually has_dax_driver || fail "dax regions have no driver"
each_device collect
first=
for member in $members; do
	first=${first:-$member}
	bind "$member" cxla_pci
done
flush
region=$(interleaved_region)
[ "$region" ] || fail "there is no interleaved region"
start=$(($(cat "$BUS/$region/resource")))
size=0x$(cat /sys/devices/system/memory/block_size_bytes)
for block in /sys/devices/system/memory/memory*; do
	[ -e "$block/phys_index" ] || continue
	[ $((0x$(cat "$block/phys_index") * size)) -ne $start ] || break
done
echo online_movable >"$block/state" || fail "$block can't be online"
grep -q " : System RAM (kmem)" /proc/iomem || fail "there is no System RAM of kmem"

unbind "$first"
expect_equal "interleaved regions without $first" "$(interleaved_region)" ""
flush
quarantined "without $first"
bind "$first" cxla_pci
flush
quarantined "with $first back"
