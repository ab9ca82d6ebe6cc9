# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an interleaved range, its devices bound to cxla_pci, and cxla_dax
# loaded: the region has a device of device-dax. One member is unbound: the region, its
# dax region and the device are gone at once, as each of them is half of something
# then. Bound again it brings them back, and nobody touches the other members.
# shellcheck source=/dev/null
. ./triggers.sh

members=
collect() {
	[ "$4" = interleaved ] || return 0
	members="$members $2"
}

# names of what belongs to interleaved regions, and who drives them
belongings() {
	local region dev
	for region in "$BUS"/region*; do
		[ -e "$region" ] || continue
		[ "$(cat "$region/interleave_ways")" -gt 1 ] || continue
		echo "region at $(cat "$region/resource"): $(cat "$region/size")" \
			"$(cat "$region/commit") $(basename "$(readlink "$region/driver")")"
		for dev in "$region"/dax_region[0-9]*/dax[0-9]*; do
			[ -e "$dev/resource" ] || continue
			echo "dax at $(cat "$dev/resource"): $(cat "$dev/size")" \
				"$(basename "$(readlink "$dev/driver")")" \
				"$(basename "$(readlink "$dev/../driver")")"
		done
	done
}
nothing_left() {
	local dev
	expect_equal "what is left without $1" "$(belongings)" ""
	for dev in "$BUS"/dax_region* /sys/bus/dax/devices/dax*; do
		[ ! -e "$dev" ] || fail "${dev##*/} is left without $1"
	done
	! grep -q " dax " /sys/kernel/debug/cxla/ledger ||
		fail "device-dax has something without $1: $(cat /sys/kernel/debug/cxla/ledger)"
}
others() {
	local member
	for member in $members; do
		[ "$member" = "$1" ] || echo "$member $(driver_of "$member")" \
			"$(memdev_of "$member") $(endpoint_of "$member") $(in_registers "$member")"
	done
}
has_dax_driver() {
	[ -d /sys/bus/cxla/drivers/cxla_dax_region ]
}

modprobe device_dax || fail "device_dax does not load"
load_modules "$MODULES cxla_hmem cxla_dax"
eventually has_dax_driver || fail "dax regions have no driver"
each_device collect
for member in $members; do
	bind "$member" cxla_pci
done
flush
belongings >/tmp/belongings
cat /tmp/belongings
grep -q "^region .* 1 cxla_region$" /tmp/belongings || fail "there is no interleaved region"
grep -q "^dax .* device_dax cxla_dax_region$" /tmp/belongings ||
	fail "it has no device of device-dax"

for member in $members; do
	others "$member" >/tmp/others
	unbind "$member"
	nothing_left "$member"
	flush
	nothing_left "$member"
	others "$member" | diff /tmp/others - || fail "other members are not left alone"
	bind "$member" cxla_pci
	belongings | diff /tmp/belongings - || fail "it is not what it was, with $member back"
	others "$member" | diff /tmp/others - || fail "other members are not left alone"
done
