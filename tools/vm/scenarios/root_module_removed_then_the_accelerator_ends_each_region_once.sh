# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. cxla_acpi is removed while ranges are in use, and
# the accelerators after it: no region goes twice. What comes back is what was.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
rmmod cxla_acpi || fail "cxla_acpi can't be removed while an accelerator is attached"
expect_lost "$first" "attach revoke detach"
expect_state "$first" pci-only revoked
unbind_all
expect_events "$first" "attach revoke detach hangup"
expect_once "$memdev" "$region" detach
all_released
modprobe cxla_acpi || fail "cxla_acpi does not load again"
undone
# and with the worker's time taken away: both at once
memdev=$(memdev_of "$first")
region=$(region_of "$first")
watch "$first"
rmmod cxla_acpi &
unbind_all
wait $! || fail "cxla_acpi can't be removed while accelerators are unbound"
all_released
modprobe cxla_acpi || fail "cxla_acpi does not load again"
flush
expect_lost "$first" "$(events_of "$first")"
steps | grep "del $region" >/tmp/steps
expect_equal "ends of $region" "$(cat /tmp/steps)" "del $region"
undone
