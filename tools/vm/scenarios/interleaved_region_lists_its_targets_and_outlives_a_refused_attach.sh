# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an interleaved range. With its devices bound to cxla_pci the
# region is there, whole, with its targets in the order that firmware gave them.
# One that goes over to cxla_accel is refused: the others keep the region, with
# a gap, and it is whole again when the device comes back.

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
		if [ "$member" = "$1" ]; then
			echo
		else
			endpoint_decoder_of "$member"
		fi
	done
}

whole() {
	expect_equal "targets $1" "$(positions)" "$(wanted)"
	expect_equal "commit $1" "$(cat "$region/commit")" 1
	expect_equal "driver $1" "$(basename "$(readlink "$region/driver")")" cxla_region
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

region=
for candidate in "$BUS"/region*; do
	[ "$(cat "$candidate/interleave_ways")" -gt 1 ] && region=$candidate
done
[ -n "$region" ] || fail "no interleaved region is listed"
whole "with all bound"

for member in $members; do
	unbind "$member"
	bind "$member" cxla_accel
	expect_equal "state of $member" "$(cat "$PCI/$member/cxla/state")" pci-only
	expect_equal "reason of $member" "$(cat "$PCI/$member/cxla/reason")" interleaved
	[ -e "$region" ] || fail "${region##*/} went with the refused attach of $member"
	expect_equal "targets without $member" "$(positions)" "$(wanted "$member")"
	expect_equal "commit without $member" "$(cat "$region/commit")" 0
	unbind "$member"
	bind "$member" cxla_pci
	whole "with $member back"
done
for member in $members; do
	[ -e "$region" ] || fail "${region##*/} went before its last member"
	unbind "$member"
done
[ ! -e "$region" ] || fail "${region##*/} is there without members"
