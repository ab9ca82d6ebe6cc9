# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology expanders-switch. Two processes change the ways of one region over and over.
# Each write is refused or done as a whole, and there is a file targetN for each position
# at the end. The kernel complains of a file that is made twice.
# shellcheck source=/dev/null
. ./triggers.sh
# shellcheck source=/dev/null
. ./compare-seen.sh
# shellcheck source=/dev/null
. ./compare-regions.sh

choose ours cxla_pci
load_modules "$MODULES"
each_device bind_expander
make "$(window_of_ways 2)"

# change_ways FIRST SECOND
change_ways() {
	local n=0
	while [ $n -lt 150 ]; do
		echo "$1" >"$BUS/$REGION/interleave_ways" || return 1
		echo "$2" >"$BUS/$REGION/interleave_ways" || return 1
		n=$((n + 1))
	done
}

targets() {
	set -- "$BUS/$REGION"/target*
	[ -e "$1" ] || set --
	echo $#
}

change_ways 2 4 &
change_ways 8 2 || fail "ways can't be changed"
wait $! || fail "ways can't be changed beside another writer"
expect_equal "targets" "$(targets)" "$(cat "$BUS/$REGION/interleave_ways")"
[ -z "$(delete "$REGION")" ] || fail "$REGION is not deleted"
