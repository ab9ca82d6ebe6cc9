# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with attached devices. delete_region and commit=0 are refused while
# an accelerator is attached, and the range stays.

check() {
	[ "$3" = attached ] || return 0
	local region root
	region=$(region_at "$5") || fail "$1: no region at its range"
	root=$(dirname "$(readlink -f "$BUS/$region")")
	if echo "$region" >"$root/delete_region"; then
		fail "delete_region takes $region"
	fi
	if echo 0 >"$BUS/$region/commit"; then
		fail "$region: commit=0 is taken"
	fi
	expect_equal "$region/commit" "$(cat "$BUS/$region/commit")" 1
	check_outcome "$@"
}

load_modules
bind_all
each_device check
