# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on some of their decoders.
# Every module but the accelerator's is loaded, and has decided; driver_override
# alone says what a device is meant for, or its class. Its range waits for it.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
meant_for cxla_accel
dax_trace
load_modules "cxla_port cxla_mem cxla_acpi cxla_pci cxla_hmem cxla_dax"
decided
# shellcheck disable=SC2046 # words
expect_owners $(owned_by accelerator,reserved,meant-for-driver)
load_modules cxla_accel
flush
each_device check_outcome
# shellcheck disable=SC2046 # words
expect_owners $(owned_by accelerator,owned,attached)

if is_accelerator "$FIRST_AT"; then
	end_soft_clean
	dax_trace
	load_modules "cxla_port cxla_mem cxla_acpi cxla_pci cxla_hmem cxla_dax"
	decided
	# shellcheck disable=SC2046 # words
	expect_owners $(kept_by_class)
	load_modules cxla_accel
	bind_all
	flush
	each_device check_outcome
	# shellcheck disable=SC2046 # words
	expect_owners $(owned_by accelerator,owned,attached)
	never_dax "$FIRST"
fi

# one of them is not: its driver_override is the expander's
end_soft_clean
meant_for cxla_accel
echo cxla_pci >"$PCI/$FIRST_AT/driver_override"
dax_trace
load_modules "cxla_port cxla_mem cxla_acpi cxla_pci cxla_hmem cxla_dax"
decided
expect_owners "$FIRST=dax,owned,region" ${SECOND:+"$SECOND=accelerator,reserved,meant-for-driver"}
load_modules cxla_accel
flush
expect_owners "$FIRST=dax,owned,region" ${SECOND:+"$SECOND=accelerator,owned,attached"}
never_dax "$SECOND"
end_soft_clean
