# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with attached devices. The hardware lock of each endpoint decoder
# and of the host bridge's is shown as it is; a region is locked while attached.

check() {
	[ "$3" = attached ] || return 0
	local decoder region
	decoder=$(endpoint_decoder_of "$2") || fail "$2: no committed endpoint decoder"
	expect_equal "$decoder/locked" "$(cat "$BUS/$decoder/locked")" "$7"
	region=$(region_at "$5") || fail "$1: no region at its range"
	expect_equal "$region/locked" "$(cat "$BUS/$region/locked")" 1
	echo "$1: $decoder locked=$7, $region locked=1"
}

load_modules
bind_all
each_device check
