# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges in the window. cxla_hmem is
# removed while it waits, and does not wait for that. A range that nobody claimed is
# registered by the next one; what an accelerator decodes is kept for its driver.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
load_modules cxla_core
for with_dax in 0 1; do
	modprobe cxla_hmem wait_seconds=3600 || fail "cxla_hmem does not load"
	[ $with_dax -eq 0 ] || modprobe cxla_dax || fail "cxla_dax does not load"
	expect_waiting no-cxl
	[ $with_dax -eq 0 ] || at_once rmmod cxla_dax
	at_once rmmod cxla_hmem
	ledger_of_soft | grep " waiting " && fail "the ledger says that it waits still"
	expect_equal "devices of device-dax" "$(dax_ranges)" ""
done
modprobe cxla_hmem wait_seconds=1 || fail "cxla_hmem does not load again"
modprobe cxla_dax || fail "cxla_dax does not load again"
decided
# shellcheck disable=SC2046 # words
expect_owners $(kept_by_class)
end_soft_clean
