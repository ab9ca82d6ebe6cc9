# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with a switch and attached devices below it. The upstream port of the switch
# has a fatal error: the bus above it is reset, and with it the decoders of the switch and
# of all below. No driver is told before. All ranges are revoked, all decoders are
# afterwards what they were, those of the switch once, and all is attached again.
# shellcheck source=/dev/null
. ./triggers.sh

inject() {
	cxla-guest monitor pcie_aer_inject_error "$@" >/tmp/inject || fail "QEMU puts no error in: $(cat /tmp/inject)"
}
# addresses of what is attached and below the switch
below() {
	[ "$3" != attached ] || case $(readlink -f "$PCI/$2") in
	*/"${switch##*/}"/*) echo "$2" ;;
	esac
}
upstream_of() {
	local path
	path=$(readlink -f "$PCI/$1")
	path=${path%/*/*}
	echo "${path##*/}"
}
registers() {
	local address
	for address in $switch $devices; do
		echo "$address: $(cxla-guest decoders "$address" all)"
	done
}
comes_back() {
	expect_lost "$1" "attach revoke detach attach"
	outcome_as_expected "$1"
}

load_modules
bind_all
first=$(first_attached)
switch=$(upstream_of "$first")
devices=$(each_device below)
echo "switch $switch, below it: $(echo "$devices" | tr '\n' ' ')"
registers >/tmp/registers
grep -q "$switch: decoder 0" /tmp/registers || fail "the switch $switch decodes nothing: $(cat /tmp/registers)"
unbind_all

inject -c hb0.rp0.usp 0x1
eventually kernel_said "$switch.*(severity=Corr|RxErr|Correctable)" ||
	skip "this kernel handles no PCIe errors of $switch"
# the PCI core takes its locks in a circle in such a recovery
without_lock_orders
# shellcheck disable=SC2086	# each is a word
begin $devices
# a malformed TLP
inject hb0.rp0.usp 0x40000
for address in $devices; do
	comes_back "$address"
done
expect_equal "decoders" "$(registers)" "$(cat /tmp/registers)"
expect_equal "times that the switch was written" \
	"$(scenario_log | grep -c "$switch: decoders are again what they were")" 1
undone
