# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, of which the last one is bound to cxla_pci here:
# its region is not locked. It is deleted, uncommitted and committed from several
# rings at once, while its endpoint, memdev, ports and root, and the expander
# itself, are unbound and bound. Each of these has to succeed now and then, and none
# may cost anything but the region's being there for a while.
#
# Decoders that were reset, and whose region then went, only firmware commits: that
# is recommit.sh here, with nothing of ours bound.
#
# How often the accelerators are bound: a tenth of cxla.race_cycles=N on the kernel's
# command line, else 150, and 10 with the detectors, too few
# for each of these to succeed for sure.
# shellcheck source=/dev/null
. ./triggers.sh

cycles() {
	local n
	if grep -q 'cxla\.race_cycles=' /proc/cmdline; then
		n=$(sed 's/.*cxla\.race_cycles=\([0-9]*\).*/\1/' /proc/cmdline)
		echo $((n / 10))
	elif [ -e /proc/lockdep ]; then
		echo 10
	else
		echo 150
	fi
}

# what the summary says of an operation that was done at least once
expect_done() {
	grep -q "^$1: done [1-9]" /tmp/race.out ||
		fail "$1 never succeeded: $(grep "^$1:" /tmp/race.out)"
}

load_modules
bind_all_and_an_expander
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"
region=$(region_of "$expander") || fail "$expander has no region"
expect_equal "locked of $region" "$(cat "$BUS/$region/locked")" 0

# without a way back nothing is put at risk
cxla race --seconds 1 >/tmp/refused 2>&1
expect_equal "a race that may lose decoders" $? 3
grep -q "could be lost" /tmp/refused || fail "refused for another reason: $(cat /tmp/refused)"

# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
{
	cxla race --cycles "$(cycles)" --seed 1 --without pci --recommit "sh $PWD/recommit.sh" --log -
	echo $? >/tmp/race.status
} | tee /tmp/race.out
echo "$level" >/proc/sys/kernel/printk
read -r status </tmp/race.status
[ "$status" -eq 0 ] || fail "cxla race ended with $status"
if [ ! -e /proc/lockdep ]; then
	expect_done delete_region
	expect_done commit=0
	expect_done commit=1
fi
has /tmp/race.out "^race begins; again: cxla race --seed 1 " || fail "it does not say how to repeat it"
region=$(region_of "$expander") || fail "$expander has lost its region"
expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
expect_equal "committed decoders, in registers" "$(in_registers "$expander")" 1
