# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, bound to cxla_pci here: their regions are not
# locked. commit=0 resets the decoders, the device's before those above, and
# commit=1 has them back; delete_region removes the region, once.
# shellcheck source=/dev/null
. ./triggers.sh

collect() {
	[ "$3" = attached ] && [ "$7" = 0 ] && echo "$2"
}
# committed decoders of the endpoint, and of the ports above
committed() {
	local port
	port=$(readlink -f "$BUS/$endpoint")
	while [ -e "$port/decoders_committed" ]; do
		case ${port##*/} in
		root*) break ;;
		esac
		cat "$port/decoders_committed"
		port=${port%/*}
	done | tr '\n' ' '
}
bind_expander() {
	bind "$2" cxla_pci
	expect_equal "driver of $2" "$(driver_of "$2")" cxla_pci
}
fewer() {
	local n
	for n in $1; do
		echo -n "$((n - 1)) "
	done
}

load_modules
each_device bind_expander
take_snapshot /tmp/snapshot
# the last one: decoders of a port are reset in reverse
first=$(each_device collect | tail -n 1)
[ -n "$first" ] || fail "no device of the topology is attached and not locked"
endpoint=$(endpoint_of "$first")
region=$(region_of "$first")
root=$(readlink -f "$BUS/$region")
root=${root%/*}
expect_equal "locked of $region" "$(cat "$BUS/$region/locked")" 0
before=$(committed)
for n in 1 2 3; do
	echo 0 >"$BUS/$region/commit" || fail "commit=0 of a region that is not locked fails"
	expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 0
	expect_equal "committed decoders" "$(committed)" "$(fewer "$before")"
	expect_equal "committed decoders, in registers" "$(in_registers "$first")" 0
	[ ! -e "$BUS/$region/driver" ] || fail "$region has its driver, uncommitted"
	echo 0 >"$BUS/$region/commit" || fail "commit=0 twice fails"
	echo 1 >"$BUS/$region/commit" || fail "commit=1 fails"
	expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
	expect_equal "committed decoders" "$(committed)" "$before"
	expect_equal "committed decoders, in registers" "$(in_registers "$first")" 1
	[ -e "$BUS/$region/driver" ] || fail "$region has no driver, committed"
done
expect_snapshot
echo >"$TRACING/trace"
echo 1 >"$TRACING/events/cxla/enable"
# none of two who delete it at the same time is told that it was there twice
(echo "$region" >"$root/delete_region") 2>/tmp/one &
one=$!
(echo "$region" >"$root/delete_region") 2>/tmp/other
other=$?
wait $one
one=$?
[ $((one + other)) -eq 1 ] || fail "delete_region at once: $one and $other"
[ ! -e "$BUS/$region" ] || fail "$region is left"
if (echo "$region" >"$root/delete_region") 2>/tmp/third; then
	fail "$region is deleted again"
fi
grep -q "No such device" /tmp/third || fail "a second delete_region: $(cat /tmp/third)"
expect_equal "ends of regions" "$(steps)" "del $region"
# what was deleted is assembled again with its endpoint
unbind "$first"
all_released
bind "$first" cxla_pci
expect_snapshot
