# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology of accelerators for which firmware committed nothing. Each has a region made
# of all its memory, which holds what is written; when it is detached no decoder on any level
# is committed any more, and the addresses are free again. One after the other, in turns, and
# over and over. Without asking there is none.
# shellcheck source=/dev/null
. ./triggers.sh

create() {
	cxla attach --create "$1" >/tmp/created 2>&1 || fail "$1 has no region made: $(cat /tmp/created)"
	expect_state "$1" attached none
}
detach() {
	cxla detach "$1" >/tmp/detached 2>&1 || fail "$1 is not detached: $(cat /tmp/detached)"
}
one_by_one() {
	local range
	create "$2"
	range=$(cat "$PCI/$2/cxla/range")
	cxla-guest pattern write "$(node_of "$2")" "$(tag_of "$1")"
	cxla-guest pattern check "$(node_of "$2")" "$(tag_of "$1")" || fail "$2 does not hold its pattern"
	grep -q "accelerator" /proc/iomem || fail "/proc/iomem does not say whose it is"
	detach "$2"
	expect_equal "decoders after $2 was detached" "$(decoders_now)" "$before"
	create "$2"
	expect_equal "range of $2, made again" "$(cat "$PCI/$2/cxla/range")" "$range"
	detach "$2"
}
create_one() {
	create "$2"
}
detach_one() {
	detach "$2"
}
take_turns() {
	detach "$2"
	create "$2"
}

load_modules
before=$(decoders_now)
first=$(first_device)
bind "$first"
expect_state "$first" pci-only not-committed
unbind "$first"
each_device one_by_one

# all at once: nobody's addresses are another's
each_device create_one
cut -d: -f1 "$PCI"/*/cxla/range | sort >/tmp/ranges
expect_equal "ranges" "$(sort -u /tmp/ranges | wc -l)" "$(wc -l </tmp/ranges)"
for _ in 1 2 3 4 5; do
	each_device take_turns
done
cut -d: -f1 "$PCI"/*/cxla/range | sort | cmp - /tmp/ranges || fail "addresses have moved"

# whatever goes first
root=ACPI0017:00
echo "$root" >/sys/bus/platform/drivers/cxla_acpi/unbind
flush
expect_state "$first" pci-only revoked
expect_equal "decoders without a root" "$(decoders_now)" "$before"
echo "$root" >/sys/bus/platform/drivers/cxla_acpi/bind
attached_again() {
	[ "$(cat "$PCI/$first/cxla/state")" = attached ]
}
eventually attached_again || fail "$first is not attached again"
each_device detach_one
expect_equal "decoders" "$(decoders_now)" "$before"

echo Y >/sys/module/cxla_accel/parameters/create_regions
for _ in $(seq "$([ -e /proc/lockdep ] && echo 10 || echo 100)"); do
	bind "$first"
	expect_state "$first" attached none
	unbind "$first"
done
expect_equal "decoders after many times" "$(decoders_now)" "$before"
! has_regions || fail "a region is left"
# registers of host bridges are read when the root comes
unload_modules
load_modules
expect_ports_idle
