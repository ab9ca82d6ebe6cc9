# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, the last one of which is a memory expander here, with one
# more that userspace makes regions of, and a Soft Reserved range. Each two kinds of actors
# act at once: unbind, bind, make, delete, commit, modules, PCI remove and rescan, processes
# that are killed ... After each pair everything is as it was, memory included, and the
# kernel has said nothing.
#
# How long in all: cxla.race_seconds=N on the kernel's command line, else 30. Each pair
# has its turn, however little that leaves it.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
bind_all_and_an_expander
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"
# these decide about ranges of devices that are bound
load_modules "cxla_hmem cxla_dax"

# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
{
	cxla race --pairs --seconds "$(number_of race_seconds 30)" --seed 1 --recommit "sh $PWD/recommit.sh" \
		--log - --ktap /tmp/race.ktap
	echo $? >/tmp/race.status
} | tee /tmp/race.out
echo "$level" >/proc/sys/kernel/printk
read -r status </tmp/race.status
[ "$status" -eq 0 ] || fail "cxla race ended with $status"
pairs=$(sed -n 's/.* of \([0-9]*\) pairs met$/\1/p' /tmp/race.out)
# one who has nothing here to act upon would be left out in silence
has /tmp/race.out "nothing here to act upon" && fail "$(grep "nothing here" /tmp/race.out)"
verdicts=$(grep -c '^ *ok [0-9]* .*+' /tmp/race.ktap)
[ "$verdicts" -ge "$pairs" ] || fail "$verdicts verdicts of $pairs pairs"
rmmod cxla_dax cxla_hmem || fail "what has Soft Reserved ranges is not let go"
