# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges in the window. hmem_platform is
# unbound while ranges wait: that waits for nothing, no range gets an owner, and nobody
# who waits for the decision waits any longer. It can be bound again, and decides then.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
meant_for cxla_accel
modprobe cxla_hmem wait_seconds=3600 || fail "cxla_hmem does not load"
modprobe cxla_dax || fail "cxla_dax does not load"
expect_waiting no-cxl
at_once unbind_hmem
ledger_of_soft >/tmp/got
! grep -q " waiting " /tmp/got || fail "something waits still"
grep -q " none free unbound$" /tmp/got || fail "the ledger does not say that it was unbound"
eventually [ -d "$DAX_DRIVER" ] || fail "cxla_dax waits for a decision that nobody makes"
expect_equal "devices of device-dax" "$(dax_ranges)" ""

# refused as long as the work is there, and no longer
eventually bind_hmem || fail "it can't be bound again"
ledger_of_soft | grep -q " none waiting no-cxl$" || fail "no range waits"
unbind_hmem
written "$HMEM_DEVICE" "$HMEM/bind"
eventually hmem_is_bound || fail "it can't be bound a third time"
load_modules
decided
flush
each_device check_outcome
# shellcheck disable=SC2046 # words
expect_owners $(owned_by accelerator,owned,attached)
end_soft_clean
