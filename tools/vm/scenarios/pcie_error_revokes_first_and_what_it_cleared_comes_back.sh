# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. A PCIe error of each kind is put into the device
# while its range is in use. A correctable one changes nothing. One that is not fatal
# revokes the range and, as the device is not reset, attaches it again. A fatal one
# resets it: it is revoked before, and its decoders come back with what was known of them,
# since no driver is told before such a reset. Orders of locks are not looked at then: the PCI core takes the lock of the device, its bus semaphore and the
# slot's reset lock in a circle in the recovery from a fatal error.
# shellcheck source=/dev/null
. ./triggers.sh

inject() {
	cxla-guest monitor pcie_aer_inject_error "$@" >/tmp/inject || fail "QEMU puts no error in: $(cat /tmp/inject)"
}

load_modules
first=$(first_attached)
begin "$first"
serial=$(cat "$BUS/$(memdev_of "$first")/serial")
id=dev${serial#0x}
inject -c "$id" 0x1
eventually kernel_said "$first.*(severity=Corr|RxErr|Correctable)" ||
	skip "this kernel handles no PCIe errors"
expect_kept "$first"

memdev=$(memdev_of "$first")
region=$(region_of "$first")
# a poisoned TLP
inject "$id" 0x1000
expect_lost "$first" "attach revoke detach attach"
outcome_as_expected "$first"
flush
expect_once "$memdev" "$region"
undone
without_lock_orders

watch "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
# a malformed TLP
inject "$id" 0x40000
expect_lost "$first" "attach revoke detach attach"
eventually kernel_said "$first.*recovery (successful|failed)|AER: device recovery (successful|failed)" ||
	fail "the recovery does not end"
outcome_as_expected "$first"
kernel_said "$first: decoders are again what they were" || fail "no decoder was cleared"
expect_once "$memdev" "$region"
undone
