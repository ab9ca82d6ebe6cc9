# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology as for every_pair_of_actors_meets, and a kernel with KCSAN, which watches
# some of the modules' accesses to memory: while one is watched no other processor may
# access the same memory unmarked. Everything is unbound, bound, made, deleted, committed,
# loaded and read meanwhile, but PCI devices are not removed: processors have to run side
# by side here, and QEMU does not survive both.
#
# How long: cxla.race_seconds=N on the kernel's command line, else 60.
# shellcheck source=/dev/null
. ./triggers.sh

# the watchpoints that were set up since the boot
watched() {
	sed -n 's/^setup_watchpoints: *//p' /sys/kernel/debug/kcsan
}

[ -e /sys/kernel/debug/kcsan ] || skip "the kernel has no KCSAN"
load_modules
echo Y >/sys/module/cxla_accel/parameters/create_regions
bind_all_and_an_expander
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"
# these decide about ranges of devices that are bound
load_modules "cxla_hmem cxla_dax"

before=$(watched)
# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
{
	cxla race --seconds "$(number_of race_seconds 60)" --seed 1 --without pci \
		--recommit "sh $PWD/recommit.sh" --log -
	echo $? >/tmp/race.status
} | tee /tmp/race.out
echo "$level" >/proc/sys/kernel/printk
read -r status </tmp/race.status
echo "kcsan: setup_watchpoints: $(($(watched) - before))"
[ "$(watched)" -gt $((before + 100)) ] || fail "next to nothing was watched"
[ "$status" -eq 0 ] || fail "cxla race ended with $status"
rmmod cxla_dax cxla_hmem || fail "what has Soft Reserved ranges is not let go"
