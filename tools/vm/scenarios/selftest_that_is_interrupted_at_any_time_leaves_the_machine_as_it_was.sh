# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices; needs the program. Ctrl-C, SIGTERM, a terminal that drops,
# twice each, at many times of `cxla selftest`: it ends with the signal's status, with an
# archive that says so, and with the machine as it was. After a kill `cxla unload` puts back
# what it left.

# shellcheck source=/dev/null
. ./selftest_machine.sh
selftest_prepare
interrupted=0 ended=0 before=0 killed=0
n=0
for tenths in 2 4 6 8 10 12 15 18 21 25 30 35 40 45 50 60 70 80 90 110; do
	n=$((n + 1))
	case $((n % 4)) in
	0) signal=KILL wanted=137 ;;
	1) signal=INT wanted=130 ;;
	2) signal=TERM wanted=143 ;;
	3) signal=HUP wanted=129 ;;
	esac
	status=0
	selftest --seconds 4 --patience 60 &
	shell=$!
	sleep "$(awk -v t=$tenths 'BEGIN { print t / 10 }')"
	pid=$(pidof cxla || true)
	for one in $pid $pid; do
		kill "-$signal" "$one" 2>/dev/null || true
	done
	wait "$shell" || status=$?
	if [ "$signal" = KILL ]; then
		cxla unload >>/tmp/out 2>>/tmp/errors || fail "cxla unload after a kill"
		killed=$((killed + 1))
	elif [ "$status" = 0 ]; then
		ended=$((ended + 1))
	elif [ "$status" = "$wanted" ]; then
		# before its guard is up a signal ends it as any program, and there is no archive
		if [ -e /tmp/report.tar.gz ]; then
			tar -xzf /tmp/report.tar.gz -O report/report.ktap | grep -q "# SKIP interrupted by SIG$signal" ||
				fail "the report does not say so: $(cat /tmp/out)"
			interrupted=$((interrupted + 1))
		else
			[ ! -e /tmp/report ] || fail "a folder is left: $(ls /tmp/report)"
			before=$((before + 1))
		fi
	else
		cat /tmp/out /tmp/errors
		fail "SIG$signal after $tenths tenths: it ended with $status, not $wanted"
	fi
	expect_as_it_was "SIG$signal after $tenths tenths"
done
[ $interrupted -gt 3 ] || fail "only $interrupted were interrupted"
echo "figures: $interrupted interrupted, $before before they began, $ended at their end, $killed killed"
! selftest_in_tree || unload_in_tree
