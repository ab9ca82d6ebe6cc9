# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, in a machine whose time counts instructions. What
# cxl_attach_enter() and cxl_attach_exit() cost beside an empty SRCU read section, in
# instructions a round. Fails when two measurements differ by more than a hundredth.
attach_with measure_guard
scenario_log | sed -n 's/.* rounds: loop \([0-9]*\) srcu \([0-9]*\) guard \([0-9]*\)$/\1 \2 \3/p' >/tmp/cycles
expect_equal "measurements" "$(wc -l </tmp/cycles)" 2
# repeats ONE OTHER: they differ by no more than a hundredth
repeats() {
	local off=$(($2 - $1))
	[ "${off#-}" -le $(($1 / 100)) ] || fail "$1 and then $2 instructions: does not repeat"
}

# tell WHAT TOTAL: of a round, without the loop itself
tell() {
	echo "figures: $1: $((($2 - loop) / 10000)).$((($2 - loop) / 1000 % 10)) instructions"
}

{
	read -r loop srcu guard
	read -r _ other_srcu other_guard
} </tmp/cycles
if [ "$loop" -le 0 ] || [ "$srcu" -le "$loop" ] || [ "$guard" -le "$srcu" ]; then
	fail "nothing was measured: loop $loop, srcu $srcu, guard $guard"
fi
repeats "$srcu" "$other_srcu"
repeats "$guard" "$other_guard"
tell "srcu_read_lock and srcu_read_unlock" "$srcu"
tell "cxl_attach_enter and cxl_attach_exit" "$guard"
