# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, the last of them not locked, and a kernel with pause
# points. That one is bound as a memory expander. Every trigger meets every other one:
# after it, while it is held at each point it passes, and when it is killed there.
# Afterwards there is what there was before.
#
# Which of them: cxla.pairs=OPTIONS on the kernel's command line, commas for spaces, pluses
# for the commas within, a slash for one more run; else all.
# shellcheck source=/dev/null
. ./triggers.sh

runs() {
	tr ' ' '\n' </proc/cmdline | sed -n 's/^cxla\.pairs=//p' | tr ',+/' ' ,\n' >/tmp/runs
	[ -s /tmp/runs ] || echo >/tmp/runs
}

load_modules
[ -e /sys/kernel/debug/cxla/pause ] || skip "this kernel has no pause points"
bind_all_and_an_expander
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"

# without a way back nothing is put at risk
cxla pairs --second reset >/tmp/refused 2>&1
expect_equal "pairs that may lose decoders" $? 3
grep -q "could be lost" /tmp/refused || fail "refused for another reason: $(cat /tmp/refused)"

# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
runs
while read -r options; do
	{
		# shellcheck disable=SC2086 # several words
		cxla pairs --recommit "sh $PWD/recommit.sh" $options </dev/null
		echo $? >/tmp/pairs.status
	} 2>&1 | tee /tmp/pairs.out
	read -r status </tmp/pairs.status
	[ "$status" -eq 0 ] || fail "cxla pairs $options ended with $status"
	grep -q "^nothing found" /tmp/pairs.out || fail "cxla pairs $options does not say what it found"
done </tmp/runs
cxla pairs --sequential --first attach --second none --json >/tmp/pairs.json 2>/tmp/errors ||
	fail "cxla pairs --json: $(cat /tmp/errors)"
echo "$level" >/proc/sys/kernel/printk
cxla pairs --second reset --json >/tmp/refused.json 2>/tmp/errors
expect_replies /tmp/pairs.json /tmp/refused.json
