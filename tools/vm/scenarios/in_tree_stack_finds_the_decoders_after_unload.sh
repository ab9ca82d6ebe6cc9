# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with devices. The in-tree stack finds the decoders as firmware left
# them after ours was there: it assembles a region at each expected range.

load_modules
bind_all
unload_modules || fail "not unloaded"
load_in_tree
check() {
	[ "$3" = attached ] || return 0
	local region
	for region in /sys/bus/cxl/devices/region*; do
		[ "$(cat "$region/resource")" = "$(printf '0x%x' "$5")" ] && return 0
	done
	fail "in-tree: no region at $(printf '0x%x' "$5")"
}
each_device check
unload_in_tree
