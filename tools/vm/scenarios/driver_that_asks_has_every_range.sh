# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with a device that has several committed decoders. A driver that asks for all
# ranges of its device has one for each of them: the ledger says that they are its, and
# nobody's when it lets go.

several=0
check() {
	[ "$3" = attached ] || return 0
	local range count=0
	while read -r range; do
		count=$((count + 1))
		grep -q "^$range accelerator owned attached $2 " /sys/kernel/debug/cxla/ledger ||
			fail "$range of $2 is not in the ledger: $(cat /sys/kernel/debug/cxla/ledger)"
	done <"$PCI/$2/cxla/ranges"
	expect_equal "ranges of $2" "$count" "$(cxla-guest decoders "$2")"
	expect_equal "first range of $2" "$(head -n 1 "$PCI/$2/cxla/ranges")" "$(cat "$PCI/$2/cxla/range")"
	[ "$count" -lt 2 ] || several=$((several + 1))
	echo "$1: $count ranges"
}

load_modules "cxla_core cxla_port cxla_mem cxla_acpi"
modprobe cxla_accel all_ranges=1 || fail "cxla_accel does not load"
bind_all
each_device check
[ "$several" -gt 0 ] || fail "no device has several ranges"
unbind_all
! grep -q "accelerator owned" /sys/kernel/debug/cxla/ledger || fail "a range outlives its attach"
