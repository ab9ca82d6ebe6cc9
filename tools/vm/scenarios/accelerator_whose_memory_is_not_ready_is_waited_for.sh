# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with accelerators. The memory of the first one is not ready: the attach waits
# for it, as long as the device advertises, and no longer. One that becomes ready meanwhile is
# attached; of one that does not the reason says so.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_accelerator)
is_accelerator "$first" || skip "the memory of an expander of QEMU is ready always"

config() {
	hexdump -s "$1" -n 4 -e '1/4 "%u"' "$PCI/$first/config"
}
# the DVSEC for CXL devices
dvsec=256
while [ $(($(config $dvsec) & 0xffff)) -ne 35 ] || [ $(($(config $((dvsec + 8))) & 0xffff)) -ne 0 ]; do
	dvsec=$(($(config $dvsec) >> 20))
	[ $dvsec -ne 0 ] || fail "$first has no DVSEC for CXL devices"
done

# its size is known, and Memory_Active is 0: it advertises 16 seconds for that
set_fault "$first" config-value 0
set_fault "$first" config-offset $((dvsec + 28))
set_fault "$first" config-mask 2
bind "$first" &
sleep 2
[ ! -e "$PCI/$first/cxla/state" ] || fail "$first has an outcome, and its memory is not ready"
set_fault "$first" config-mask 0
wait $!
outcome_as_expected "$first"
unbind "$first"

set_fault "$first" media-not-ready true
bind "$first"
expect_state "$first" pci-only media-not-ready
! has_regions || fail "a region is left"
kernel_said "$first: the memory is not ready after 1 s" || fail "the log does not say how long it was waited for"
unbind "$first"
set_fault "$first" media-not-ready false
bind "$first"
outcome_as_expected "$first"
