# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with several devices below one port, a host bridge or a switch. The port is
# unbound while their ranges are in use: each is revoked, its region goes once, its
# accelerator is detached. Bound again, it has them attached again. A switch, which
# goes with the last endpoint below it, does not go when it was unbound by hand.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
below=
same_port() {
	[ "$3" = attached ] || return 0
	[ -n "$port" ] || port=$(port_of "$2")
	[ "$(port_of "$2")" != "$port" ] || echo "$2"
}
port=
bind_all
port=$(port_of "$(first_attached)")
below=$(each_device same_port)
# shellcheck disable=SC2086 # a list
begin $below
for address in $below; do
	echo "$address $(memdev_of "$address") $(region_of "$address")"
done >/tmp/below
[ "$(wc -l </tmp/below)" -gt 1 ] || fail "less than two devices below $port"
echo "$port" >"$BUS/$port/driver/unbind"
flush
while read -r address memdev region; do
	expect_lost "$address" "attach revoke detach"
	expect_state "$address" pci-only revoked
	[ ! -e "$BUS/$region" ] || fail "$region is left"
	expect_once "$memdev" "$region" detach
done </tmp/below
[ -e "$BUS/$port" ] || fail "$port goes with its driver"
echo "$port" >/sys/bus/cxla/drivers/cxla_port/bind || fail "$port can't be bound again"
flush
for address in $below; do
	outcome_as_expected "$address"
	expect_events "$address" "attach revoke detach attach"
done
undone
