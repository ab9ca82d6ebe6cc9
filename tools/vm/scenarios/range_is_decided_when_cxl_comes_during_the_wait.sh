# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on some of their decoders.
# cxla_hmem and cxla_dax come first, and wait; the other modules come meanwhile. What
# regions contain is theirs, as if they had come first.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
echo cxla_pci >"$PCI/$FIRST_AT/driver_override"
echo cxla_accel >"$PCI/$SECOND_AT/driver_override"
dax_trace
modprobe cxla_hmem wait_seconds=3600 || fail "cxla_hmem does not load"
modprobe cxla_dax || fail "cxla_dax does not load"
expect_waiting no-cxl
sleep 1
expect_waiting no-cxl
# the root last: nobody else ends the wait
load_modules "cxla_port cxla_mem cxla_accel cxla_pci"
expect_waiting no-cxl
load_modules cxla_acpi
decided
flush
expect_owners "$FIRST=dax,owned,region" "$SECOND=accelerator,owned,attached"
never_dax "$SECOND"
end_soft_clean
