# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with accelerators. The first one stops to answer after each number of accesses
# to its registers that an attach makes: it is PCI-only, for a reason, and of the attach
# nothing is left, above all no region. Once it answers again it attaches.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_accelerator)
is_accelerator "$first" || skip "an expander of QEMU answers always"
bind "$first"
outcome_as_expected "$first"
unbind "$first"
take_snapshot /tmp/snapshot

left() {
	cxla-guest monitor qom-get "$(qemu_id_of "$first")" fault-after | tr -d '\r\n '
}

n=0
while :; do
	n=$((n + 1))
	[ $n -lt 200 ] || fail "an attach makes more than 200 accesses to registers"
	set_fault "$first" fault-after $n
	set_fault "$first" gone true
	bind "$first"
	# it answered to the end of the attach: all of its accesses were tried
	if [ "$(left)" != 0 ]; then
		set_fault "$first" clear-faults true
		expect_equal "state of $first" "$(cat "$PCI/$first/cxla/state")" attached
		unbind "$first"
		break
	fi
	if [ -e "$PCI/$first/cxla/state" ]; then
		state=$(cat "$PCI/$first/cxla/state")
		reason=$(cat "$PCI/$first/cxla/reason")
		echo "gone after access $n: $state $reason"
		[ "$state" != attached ] || fail "attached to a device that is gone since access $n"
		[ "$reason" != none ] || fail "no reason, gone after access $n"
		! has_regions || fail "a region is left, gone after access $n"
	fi
	[ ! -e "$PCI/$first/driver" ] || unbind "$first"
	set_fault "$first" clear-faults true
	expect_snapshot
done
[ $n -gt 10 ] || fail "an attach makes $n accesses to registers"
echo "figures: gone after each of $((n - 1)) accesses"
bind "$first"
outcome_as_expected "$first"
