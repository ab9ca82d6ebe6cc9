# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology of accelerators for which firmware committed nothing, in hot-plug slots. One
# that is plugged in has a region made of its memory; unplugged while it is attached nothing of
# that is left, and the next time it has the same addresses. cxla.plugs=N on the kernel's
# command line: so often.
# Orders of locks are not looked at: pciehp takes two of its own in a circle.
# shellcheck source=/dev/null
. ./triggers.sh
# shellcheck source=/dev/null
. ./hotplug.sh

made() {
	bind "$first"
	expect_state "$first" attached none
	expect_equal "range of $first" "$(cat "$PCI/$first/cxla/range")" "$range"
	cxla-guest pattern write "$(node_of "$first")" "$n"
	cxla-guest pattern check "$(node_of "$first")" "$n" || fail "$first does not hold its pattern"
}

without_lock_orders
load_modules
echo Y >/sys/module/cxla_accel/parameters/create_regions
first=$(first_device)
plug_of "$first"
plugs=$(number_of plugs 3)
n=1
bind "$first"
range=$(cat "$PCI/$first/cxla/range")
while [ "$n" -le "$plugs" ]; do
	unplug "$first"
	flush
	! has_regions || fail "a region is left of what was unplugged"
	! stays_in_its_slot "$first" || skip "QEMU leaves the device in this slot"
	plug_in "$first"
	made
	n=$((n + 1))
done
unbind "$first"
expect_ports_idle
