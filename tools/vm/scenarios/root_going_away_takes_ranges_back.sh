# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The root's driver goes while accelerators are
# attached: their ranges are taken back, they stay bound or are unbound, and
# unbinding them afterwards finds nothing left to do.

check() {
	[ -e "$PCI/$2/cxla/state" ] || return 0
	[ "$(cat "$PCI/$2/cxla/state")" != attached ] || fail "$2 still says attached"
	expect_equal "range of $2" "$(cat "$PCI/$2/cxla/range")" ""
}

load_modules
bind_all
each_device check_outcome
rmmod cxla_acpi || fail "cxla_acpi can't be unloaded while accelerators are attached"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	has_regions || break
	sleep 0.2
done
! has_regions || fail "a region outlives its root"
each_device check
unbind_all
modprobe cxla_acpi || fail "cxla_acpi does not load again"
bind_all
each_device check_outcome
