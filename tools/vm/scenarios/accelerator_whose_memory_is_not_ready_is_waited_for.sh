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

memory_becomes_active_later "$first"
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
