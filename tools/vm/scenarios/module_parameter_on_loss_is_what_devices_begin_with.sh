# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. on_loss= of cxla_accel is the default of devices
# that are bound, and does what it says; another word is refused.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules "cxla_core cxla_port cxla_mem cxla_acpi"
if modprobe cxla_accel on_loss=never 2>/dev/null; then
	fail "on_loss=never is taken"
fi
for choice in unbind pci-only reattach; do
	modprobe cxla_accel on_loss=$choice || fail "on_loss=$choice is refused"
	bind_all
	first=$(first_attached)
	outcome_as_expected "$first"
	expect_equal "on_loss of $first" "$(cat "$PCI/$first/cxla/on_loss")" $choice
	rmmod cxla_acpi
	flush
	case $choice in
	unbind) expect_equal "driver of $first" "$(driver_of "$first")" "" ;;
	*) expect_state "$first" pci-only revoked ;;
	esac
	modprobe cxla_acpi
	flush
	case $choice in
	unbind) expect_equal "driver of $first" "$(driver_of "$first")" "" ;;
	pci-only) expect_state "$first" pci-only revoked ;;
	reattach) outcome_as_expected "$first" ;;
	esac
	unbind_all
	rmmod cxla_accel
done
