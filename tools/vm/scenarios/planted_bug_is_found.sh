# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology, a kernel with detectors, and one boot for each bug: after a report
# of KASAN lockdep is off. cxla.plant=BUG of the command line is a bug of
# tools/vm/plants/plant_bug.c; the boot's `expect_warnings` are what the detector
# has to say. Waits until it had the time to.

plant=$(sed -n 's/.*cxla\.plant=\([^ ]*\).*/\1/p' /proc/cmdline)
[ -n "$plant" ] || fail "cxla.plant= is not on the command line"
case $plant in
hung-task)
	echo 3 >/proc/sys/kernel/hung_task_timeout_secs || fail "there is no detector"
	;;
failed-allocation)
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait || fail "there is no fault injection"
	;;
esac
modprobe plant_bug "bug=$plant" || fail "plant_bug does not load"
case $plant in
hung-task)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! kernel_said 'blocked for more than' || break
		sleep 1
	done
	;;
leak)
	tell_leaks || fail "there is no detector"
	;;
esac
rmmod plant_bug || fail "plant_bug can't be unloaded"
