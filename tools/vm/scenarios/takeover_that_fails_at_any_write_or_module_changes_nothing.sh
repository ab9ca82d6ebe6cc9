# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices; needs the program, and the in-tree stack. The nth write
# of `cxla load --takeover`, to whatever file, standard output and error among them, or the
# nth module fails, for each n: either all is done, or the machine is as it was, and the exit
# status says which.

# shellcheck source=/dev/null
. ./takeover_machine.sh
fail_nth=/opt/cxla/lib/fail_nth.so
[ -e $fail_nth ] || fail "$fail_nth is not there: build the program's tests"
load_in_tree
machine_now >/tmp/machine
nth=1 taken=0 undone=0
while :; do
	rm -f /tmp/failed
	status=0
	CXLA_FAIL_NTH=$nth CXLA_FAILED=/tmp/failed LD_PRELOAD=$fail_nth \
		cxla load --takeover >/tmp/out 2>/tmp/errors || status=$?
	[ -e /tmp/failed ] || break
	case $status in
	0 | 5)
		taken=$((taken + 1))
		cxla unload >/tmp/out 2>/tmp/errors || fail "write $nth: cxla unload"
		;;
	1 | 3) undone=$((undone + 1)) ;;
	*)
		cat /tmp/out /tmp/errors
		fail "write $nth: it ended with $status"
		;;
	esac
	expect_machine "write $nth, exit status $status"
	nth=$((nth + 1))
done
expect_equal "exit status of the last one" "$status" 0
cxla unload >/tmp/out 2>/tmp/errors || fail "cxla unload"
expect_machine "in the end"
[ $undone -gt 10 ] || fail "only $undone of $nth failures were undone"
echo "figures: $nth failures, $undone undone, $taken done all the same"
unload_in_tree
