# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices; needs the program. While `cxla selftest` works on a device
# something keeps the lock of that device: the archive is there before it lets go, and says which
# part is stuck and where; nothing else is tried. When it has let go the program ends, and
# `cxla unload` puts everything back.

# shellcheck source=/dev/null
. ./selftest_machine.sh
selftest_prepare

# stuck_in PART CYCLES SECONDS: the lock of the first device is held from the part's beginning on
stuck_in() {
	local part=$1 status=0 shell hold
	# shellcheck disable=SC2034 # selftest looks at it
	local cycles=$2
	# shellcheck disable=SC2086 # words
	set -- "$1" "$3" $DEVICES
	selftest --seconds "$2" --patience 15 &
	shell=$!
	within 200 grep -qs "^$part begins" /tmp/report/progress.log ||
		fail "$part did not begin: $(cat /tmp/out /tmp/errors)"
	modprobe plant_hold device="$3" seconds=90 2>/dev/null &
	hold=$!
	within 80 grep -qs '^/tmp/report.tar.gz: ' /tmp/out ||
		fail "no archive while it is stuck: $(cat /tmp/out /tmp/errors)"
	kill -0 "$hold" 2>/dev/null || fail "the lock was not held any more"
	cat /tmp/out
	tar -xzf /tmp/report.tar.gz -O report/report.ktap >/tmp/ktap || fail "the archive is none"
	grep -q "^ *not ok .* $part" /tmp/ktap || { cat /tmp/ktap; fail "$part is not told"; }
	grep -q '\[<0>\] [a-z_]*+0x' /tmp/ktap ||
		{ cat /tmp/ktap; fail "it does not say where"; }
	grep -q "^ *ok .* put-back # SKIP something is stuck" /tmp/ktap ||
		{ cat /tmp/ktap; fail "it says nothing of what is left"; }
	wait "$shell" || status=$?
	expect_equal "exit status of one that is stuck in $part" "$status" 1
	wait "$hold" || fail "plant_hold"
	rmmod plant_hold
	cxla unload -q || fail "cxla unload after it was stuck in $part"
	expect_as_it_was "stuck in $part"
}

# tasks hang on purpose
HUNG=/proc/sys/kernel/hung_task_timeout_secs
[ ! -e $HUNG ] || echo 0 >$HUNG
stuck_in latency 5000 1
stuck_in race 5 600
! selftest_in_tree || unload_in_tree
