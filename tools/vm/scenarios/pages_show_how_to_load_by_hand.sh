# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology one-bridge. The commands of userspace/HARDWARE.md, each as it is there.
# shellcheck source=/dev/null
. ./pages.sh

in_checkout
shown 'build/user/cxla status'
shown 'build/user/cxla load --dry-run --all'
# shellcheck disable=SC2016 # a reader's shell expands it
shown 'build/user/cxla load --modules build/$(uname -r) 0000:0d:00.0'
expect_equal "state" "$(cat "$PCI/0000:0d:00.0/cxla/state")" attached
shown 'build/user/cxla unload'

for module in core port mem acpi accel; do
	shown "insmod build/\$(uname -r)/$module/cxla_$module.ko"
done
shown 'echo cxla_accel > /sys/bus/pci/devices/0000:0d:00.0/driver_override'
shown 'echo 0000:0d:00.0 > /sys/bus/pci/drivers_probe'
shown 'grep . /sys/bus/pci/devices/0000:0d:00.0/cxla/*'
expect_equal "state" "$(cat "$PCI/0000:0d:00.0/cxla/state")" attached
echo >"$PCI/0000:0d:00.0/driver_override"

shown 'cxla capture --redact host.capture'
shown 'cxla status --from host.capture'
shown 'cxla ledger --from host.capture'
shown 'cxla load --all --dry-run --from host.capture'
shown 'zcat host.capture | head'

cd /opt/cxla/scenarios || fail "no folder of scenarios"
unload_modules || fail "modules stay loaded"
load_in_tree
shown 'echo ACPI0017:00 > /sys/bus/platform/drivers/cxl_acpi/unbind'
unload_in_tree
