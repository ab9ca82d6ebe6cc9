# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on their decoders. In-tree dax_hmem
# has made devices of the ranges, whose driver, kmem, is not there: nothing in the iomem tree
# tells of them. Accelerators attach. kmem comes after that, and does not get their memory.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
modprobe dax_hmem || fail "in-tree dax_hmem does not load"
settled() {
	[ "$(dax_ranges)" ]
}
eventually settled || fail "in-tree dax_hmem takes no range"
load_modules
bind_all
each_device check_outcome
modprobe kmem || fail "kmem does not load"
sleep 1
! grep "System RAM (kmem)" /proc/iomem || fail "the range of an accelerator is System RAM: $(cat /proc/iomem)"
each_device check_outcome
rmmod kmem
unload_modules || fail "not unloaded"
unload_memory || fail "in-tree drivers can't be removed"
end_soft_clean
