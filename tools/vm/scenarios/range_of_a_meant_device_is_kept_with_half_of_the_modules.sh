# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on their decoders. The root is
# there, and neither ports nor drivers: what the first device maps is kept for the driver
# that its driver_override names, what the other one maps is in no region, and so
# device-dax's. Who comes later and finds it taken is told by whom, and gets it when it is
# given back.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
echo cxla_accel >"$PCI/$FIRST_AT/driver_override"
dax_trace
load_modules "cxla_acpi cxla_hmem cxla_dax"
decided
expect_owners "$FIRST=accelerator,reserved,meant-for-driver"

load_modules "cxla_port cxla_mem cxla_accel cxla_pci"
flush
expect_equal "state of $FIRST_AT" "$(cat "$PCI/$FIRST_AT/cxla/state")" attached
expect_owners "$FIRST=accelerator,owned,attached"
bind "$SECOND_AT" cxla_pci
expect_equal "driver of $SECOND_AT" "$(driver_of "$SECOND_AT")" cxla_pci
expect_owners "$FIRST=accelerator,owned,attached"
kernel_said 'dax_region[0-9]+: .*is not free: some of it is hmem, owned \(dax[0-9]+\.0\)' ||
	fail "the log does not say who has the range of $SECOND"
never_dax "$FIRST"

# hmem gives it back
region=$(region_of "$SECOND_AT")
unbind_hmem
echo "dax_${region}" >"$DAX_DRIVER/bind" || fail "the range was given back, and the region can't have it"
[ "$(dax_at "$(range_start "$SECOND")")" ] || fail "the region of $SECOND is no device of device-dax"
expect_dax
end_soft_clean
