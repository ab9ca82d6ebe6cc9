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

# within SECONDS COMMAND...: until it is true
within() {
	local left=$(($1 * 5))
	shift
	until "$@" 2>/dev/null; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.2
	done
}

# stuck_in PART: the lock is held from its beginning on
stuck_in() {
	local part=$1 status=0 shell hold
	# shellcheck disable=SC2034 # selftest looks at it
	local cycles=500
	selftest --seconds 60 --patience 5 &
	shell=$!
	within 60 grep -q "^$part begins" /tmp/report/progress.log ||
		fail "$part did not begin: $(cat /tmp/out /tmp/errors)"
	modprobe plant_hold device="${DEVICES##* }" seconds=45 2>/dev/null &
	hold=$!
	within 40 [ -e /tmp/report.tar.gz ] || fail "no archive while it is stuck: $(cat /tmp/out /tmp/errors)"
	kill -0 "$hold" 2>/dev/null || fail "the lock was not held any more"
	tar -xzf /tmp/report.tar.gz -O report/report.ktap >/tmp/ktap || fail "the archive is none"
	cat /tmp/out
	grep -q "^ *not ok .* $part" /tmp/ktap || { cat /tmp/ktap; fail "$part is not told"; }
	grep -q "^ *ok .* put-back # SKIP something is stuck" /tmp/ktap ||
		{ cat /tmp/ktap; fail "it says nothing of what is left"; }
	wait "$shell" || status=$?
	expect_equal "exit status of one that is stuck in $part" "$status" 1
	wait "$hold" || fail "plant_hold"
	rmmod plant_hold
	cxla unload -q || fail "cxla unload after it was stuck in $part"
	expect_as_it_was "stuck in $part"
}

stuck_in latency
stuck_in race
! selftest_in_tree || unload_in_tree
