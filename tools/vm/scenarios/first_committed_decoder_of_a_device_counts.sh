# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with a device that has several committed decoders. The accelerator is
# given the range of the one with the lowest number; the others have regions,
# which the attach holds as well, and all go when it ends.

several=0
check() {
	[ "$3" = attached ] || return 0
	local memdev endpoint decoder first="" region
	memdev=$(basename "$(ls -d "$PCI/$2"/mem[0-9]*)")
	for endpoint in "$BUS"/endpoint*; do
		[ "$(basename "$(readlink -f "$endpoint/uport")")" = "$memdev" ] && break
	done
	committed=0
	for decoder in "$endpoint"/decoder[0-9]*; do
		[ $(($(cat "$decoder/size"))) -ne 0 ] || continue
		committed=$((committed + 1))
		region=$(cat "$decoder/region")
		[ -n "$region" ] || fail "${decoder##*/} is in no region"
		expect_equal "$region/locked" "$(cat "$BUS/$region/locked")" 1
		[ -n "$first" ] || first=$(range_text "$(cat "$decoder/start")" \
			"$(($(cat "$decoder/size")))")
	done
	expect_equal "range of $2" "$(cat "$PCI/$2/cxla/range")" "$first"
	[ "$committed" -lt 2 ] || several=$((several + 1))
	echo "$1: $committed decoders, attached to $first"
}

load_modules
bind_all
each_device check
[ "$several" -gt 0 ] || fail "no device has several committed decoders"
unbind_all
! has_regions || fail "a region outlives its device"
