# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices; needs the program, and the in-tree stack. Ctrl-C, a
# terminal that drops, and SIGTERM, twice each, at 12 times of `cxla load --takeover`: it ends with
# the signal's status and the machine as it was, or it was done already.

# shellcheck source=/dev/null
. ./takeover_machine.sh
load_in_tree
machine_now >/tmp/machine
done_=0 undone=0
for tenths in 1 2 3 4 5 6 8 10 12 15 20 30; do
	case $((tenths % 3)) in
	0) signal=INT wanted=130 ;;
	1) signal=TERM wanted=143 ;;
	2) signal=HUP wanted=129 ;;
	esac
	status=0
	cxla load --takeover >/tmp/out 2>/tmp/errors &
	pid=$!
	sleep "$(awk -v t=$tenths 'BEGIN { print t / 10 }')"
	# before main() has set up its guard the signal ends it as any program
	kill "-$signal" "$pid" 2>/dev/null || true
	kill "-$signal" "$pid" 2>/dev/null || true
	wait "$pid" || status=$?
	case $status in
	0)
		done_=$((done_ + 1))
		cxla unload >/tmp/out 2>/tmp/errors || fail "cxla unload"
		;;
	"$wanted") undone=$((undone + $(grep -q '^undo: ' /tmp/errors && echo 1 || echo 0))) ;;
	*)
		cat /tmp/out /tmp/errors
		fail "SIG$signal after $tenths tenths: it ended with $status, not $wanted"
		;;
	esac
	expect_machine "SIG$signal after $tenths tenths"
done
[ $undone -gt 0 ] || fail "no load had anything to undo"
echo "figures: $undone undone, $done_ done before"
unload_in_tree
