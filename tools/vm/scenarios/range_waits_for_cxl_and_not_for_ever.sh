# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges inside and outside of the window.
# cxla_acpi never comes: all of them are device-dax's after wait_seconds, and no driver takes
# dax regions before. The wait happens once as long as cxla_core stays; after it what nobody
# claimed is registered again by a reload.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
modprobe cxla_hmem wait_seconds=8 || fail "cxla_hmem does not load"
modprobe cxla_dax || fail "cxla_dax does not load"
expect_waiting no-cxl
expect_equal "devices of device-dax" "$(dax_ranges)" ""
decided
# shellcheck disable=SC2046 # words
expect_owners $(kept_by_class)
kernel_said 'CXL enumeration was not started within 8 s' || fail "nobody said that it was waited for"

# an hour, if it waited again
rmmod cxla_dax || fail "cxla_dax can't be removed"
rmmod cxla_hmem || fail "cxla_hmem can't be removed"
expect_equal "devices of device-dax" "$(dax_ranges)" ""
modprobe cxla_hmem wait_seconds=3600 || fail "cxla_hmem does not load again"
modprobe cxla_dax || fail "cxla_dax does not load again"
decided
# shellcheck disable=SC2046 # words
expect_owners $(kept_by_class)
end_soft_clean
