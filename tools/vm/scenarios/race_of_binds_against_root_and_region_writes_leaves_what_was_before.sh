# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. Accelerators, memdevs, endpoints, ports, regions
# and the root are unbound and bound while delete_region, commit and all else that
# users may write and read is written and read: no answer that is not documented,
# nothing in the kernel log, and at rest everything as it was.
#
# How often accelerators are bound: cxla.race_cycles=N on the kernel's command line,
# else 200, and 10 with the detectors, where the same takes fifty times as long.
# Who acts: cxla.race_actors=accel,root, else all.

cycles() {
	if grep -q 'cxla\.race_cycles=' /proc/cmdline; then
		sed 's/.*cxla\.race_cycles=\([0-9]*\).*/\1/' /proc/cmdline
	elif [ -e /proc/lockdep ]; then
		echo 10
	else
		echo 200
	fi
}

actors() {
	if grep -q 'cxla\.race_actors=' /proc/cmdline; then
		sed -n 's/.*cxla\.race_actors=\([^ ]*\).*/--actors \1/p' /proc/cmdline
	fi
}

load_modules
bind_all
each_device check_outcome
# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
# shellcheck disable=SC2046 # several words
cxla race --cycles "$(cycles)" --seed 1 $(actors) --log -
status=$?
cxla race --seconds 3 --actors accel,root --json >/tmp/race.json 2>/tmp/errors ||
	fail "cxla race --json: $(cat /tmp/errors)"
echo "$level" >/proc/sys/kernel/printk
expect_replies /tmp/race.json
[ "$status" -eq 0 ] || fail "cxla race ended with $status"
each_device check_outcome
