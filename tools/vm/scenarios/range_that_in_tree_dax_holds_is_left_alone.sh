# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on the decoders of all. The
# in-tree drivers of memory came first, and have the ranges. They are seen, and left
# alone: no accelerator gets one, and the reason is "claimed". When the in-tree drivers
# have let go, who is bound again gets its range.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
modprobe dax_hmem || fail "in-tree dax_hmem does not load"
settled() {
	[ "$(dax_ranges)" ]
}
eventually settled || fail "in-tree dax_hmem takes no range"
# it makes them for kmem, which is not there
for dev in "$DAX"/devices/dax*; do
	[ -e "$dev/driver" ] || ask_for device_dax "${dev##*/}"
done
dax_ranges >/tmp/in-tree
readable </tmp/in-tree
drivers() {
	for dev in "$DAX"/devices/dax*; do
		[ ! -e "$dev/driver" ] || echo "${dev##*/} $(basename "$(readlink "$dev/driver")")"
	done
}
drivers >/tmp/drivers
cat /tmp/drivers

load_modules
bind_all
for serial in $(serials); do
	expect_state "$(address_of "$serial")" pci-only claimed
done
unbind_all
bind "$FIRST_AT" cxla_pci
modprobe cxla_dax || fail "cxla_dax does not load"
flush
# cxla_hmem can't have hmem_platform; nothing of the in-tree drivers has changed
dax_ranges | diff /tmp/in-tree - || fail "devices of device-dax have changed"
drivers | diff /tmp/drivers - || fail "drivers of device-dax have changed"
kernel_said 'dax_region[0-9]+: .*is not free' || fail "the log does not say that the range is taken"
ledger | grep -q "^$(range_start "$FIRST") [0-9]* in-tree foreign in-use" ||
	fail "the ledger does not say who has the range: $(ledger)"
unload_modules || fail "not unloaded"

ask_no_more
unload_memory || fail "in-tree drivers can't be removed"
expect_equal "devices of device-dax" "$(dax_ranges)" ""
load_modules
bind_all
each_device check_outcome
end_soft_clean
