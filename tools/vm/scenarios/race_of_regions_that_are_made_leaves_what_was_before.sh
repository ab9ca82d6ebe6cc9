# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an accelerator and an expander of which firmware committed nothing,
# besides such as it did. Userspace makes and destroys regions of that expander, write by
# write, and attaches of that accelerator make theirs, while all else is unbound, bound,
# deleted, uncommitted, read and removed: no answer that is not documented, nothing in the
# kernel log, and at rest everything as it was, free addresses included.
#
# How long: cxla.race_seconds=N on the kernel's command line, else 24, and half of that.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
echo Y >/sys/module/cxla_accel/parameters/create_regions
bind_all_and_an_expander
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"

# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
race() {
	{
		cxla race --seed 1 --recommit "sh $PWD/recommit.sh" --log - "$@"
		echo $? >/tmp/race.status
	} | tee /tmp/race.out
	read -r status </tmp/race.status
	[ "$status" -eq 0 ] || fail "cxla race $* ended with $status"
}
all=$(number_of race_seconds 24)
race --seconds "$all" --round 4
# where all act few regions come to be; here most do
race --seconds $((all / 2 + 1)) --round 4 --actors make,accel,expander,delete,read
echo "$level" >/proc/sys/kernel/printk
# where all is slow somebody deletes each of them before it is whole
[ -e /proc/lockdep ] || has /tmp/race.out "regions made" || fail "no region was made"
