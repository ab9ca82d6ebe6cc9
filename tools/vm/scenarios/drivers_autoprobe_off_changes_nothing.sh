# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, one not locked. drivers_autoprobe of our bus is 0
# before anything is on it: modules load in the documented order, devices attach with the
# same outcomes, and again when a root returns, an expander has its region with its driver,
# and its device of device-dax. What brings an object up is a call of its maker, and not
# the driver core's choice.
# shellcheck source=/dev/null
. ./triggers.sh

AUTOPROBE=/sys/bus/cxla/drivers_autoprobe
has_dax_driver() {
	[ -d /sys/bus/cxla/drivers/cxla_dax_region ]
}
collect() {
	[ "$3" != attached ] || [ "$7" != 0 ] || echo "$2"
}
check_bound() {
	[ "$3" != attached ] || expect_equal "driver of $(region_of "$2")" \
		"$(basename "$(readlink "$BUS/$(region_of "$2")/driver")")" cxla_region
}

modprobe device_dax || fail "device_dax does not load"
load_modules cxla_core
echo 0 >$AUTOPROBE
load_modules "$MODULES cxla_hmem cxla_dax"
eventually has_dax_driver || fail "dax regions have no driver"
bind_all
each_device check_outcome
each_device check_bound

echo ACPI0017:00 >/sys/bus/platform/drivers/cxla_acpi/unbind
flush
! has_regions || fail "a region outlives its root"
echo ACPI0017:00 >/sys/bus/platform/drivers/cxla_acpi/bind
flush
each_device check_outcome >/dev/null
each_device check_bound

# the last one: decoders of a port are reset in reverse
last=$(each_device collect | tail -n 1)
[ -n "$last" ] || fail "no device of the topology is attached and not locked"
unbind "$last"
bind "$last" cxla_pci
flush
region=$(region_of "$last") || fail "the expander has no region"
expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
expect_equal "driver of $region" "$(basename "$(readlink "$BUS/$region/driver")")" cxla_region
expect_equal "driver of dax_$region" \
	"$(basename "$(readlink "$BUS/dax_$region/driver")")" cxla_dax_region
for dax in "$BUS/dax_$region"/dax[0-9]*; do
	[ -e "$dax/resource" ] || fail "dax_$region has no device of device-dax"
done
echo 0 >"$BUS/$region/commit" || fail "commit=0 fails"
[ ! -e "$BUS/dax_$region" ] || fail "dax_$region is there, uncommitted"
echo 1 >"$BUS/$region/commit" || fail "commit=1 fails"
[ -e "$BUS/dax_$region/driver" ] || fail "dax_$region has no driver, committed again"
expect_equal "drivers_autoprobe" "$(cat $AUTOPROBE)" 0
