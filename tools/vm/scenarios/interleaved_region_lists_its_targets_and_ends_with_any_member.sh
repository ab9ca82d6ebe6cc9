# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an interleaved range. With its devices bound to cxla_pci the
# region is there, whole, with its targets in the order that firmware gave them.
# It ends with the first member that leaves, and the others stay as they are. One
# that goes over to cxla_accel is refused, and ends no decoder. The region is whole
# again when the device comes back.
# shellcheck source=/dev/null
. ./triggers.sh

members=
collect() {
	[ "$4" = interleaved ] || return 0
	members="$members $2"
}

# what the region says of its positions, in order
positions() {
	local n=0
	while [ -e "$region/target$n" ]; do
		cat "$region/target$n"
		n=$((n + 1))
	done
}

wanted() {
	local member
	for member in $members; do
		endpoint_decoder_of "$member"
	done
}

interleaved_region() {
	local candidate
	for candidate in "$BUS"/region*; do
		[ -e "$candidate" ] || continue
		[ "$(cat "$candidate/interleave_ways")" -gt 1 ] && echo "$candidate"
	done
}

whole() {
	region=$(interleaved_region)
	[ -n "$region" ] || fail "no interleaved region is listed $1"
	expect_equal "targets $1" "$(positions)" "$(wanted)"
	expect_equal "commit $1" "$(cat "$region/commit")" 1
	expect_equal "driver $1" "$(basename "$(readlink "$region/driver")")" cxla_region
}

ended() {
	expect_equal "interleaved regions $1" "$(interleaved_region)" ""
}

# what the others than $1 have: driver, memdev, endpoint
others() {
	local member
	for member in $members; do
		[ "$member" = "$1" ] || echo "$member $(driver_of "$member")" \
			"$(memdev_of "$member") $(endpoint_of "$member") $(in_registers "$member")"
	done
}

load_modules
each_device collect
# in any order: bound from the last to the first
reversed=
for member in $members; do
	reversed="$member $reversed"
done
for member in $reversed; do
	bind "$member" cxla_pci
	[ -e "$PCI/$member/driver" ] || fail "cxla_pci does not take $member"
done
whole "with all bound"

for member in $members; do
	others "$member" >/tmp/others
	unbind "$member"
	ended "without $member"
	bind "$member" cxla_accel
	expect_equal "state of $member" "$(cat "$PCI/$member/cxla/state")" pci-only
	expect_equal "reason of $member" "$(cat "$PCI/$member/cxla/reason")" interleaved
	ended "with $member refused"
	flush
	others "$member" | diff /tmp/others - || fail "others are not left alone"
	unbind "$member"
	bind "$member" cxla_pci
	whole "with $member back"
	others "$member" | diff /tmp/others - || fail "others are not left alone"
done
for member in $members; do
	unbind "$member"
	ended "after $member went"
done
