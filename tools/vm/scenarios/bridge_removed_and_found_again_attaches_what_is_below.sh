# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. Each PCI bridge above the first one is removed in
# turn, from the one that it hangs off to the root port: a downstream port of a switch, the
# switch, the root port. What is below is revoked, and gone once; what is beside keeps
# its range. Found again by a rescan, and bound, it attaches, an accelerator and an
# expander; the host bridge was not rebound.
# shellcheck source=/dev/null
. ./triggers.sh

sort_out() {
	[ "$3" = attached ] || return 0
	case $(readlink -f "$PCI/$2") in
	*"/$bridge/"*) echo "$2" >>/tmp/below ;;
	*) echo "$2 $(memdev_of "$2") $(region_of "$2")" >>/tmp/beside ;;
	esac
}
beside() {
	local address
	while read -r address _; do
		outcome_as_expected "$address" >/dev/null
		echo "$address $(memdev_of "$address") $(region_of "$address")"
	done </tmp/beside
}
# the bridge is there again, and all that was below it
is_back() {
	local address
	for address in "$bridge" $below; do
		[ -e "$PCI/$address/driver_override" ] || return 1
	done
}
remove_bridge() {
	echo 1 >"$PCI/$bridge/remove"
	for address in "$bridge" $below; do
		[ ! -e "$PCI/$address" ] || fail "$address is there after $bridge was removed"
	done
}
rescan() {
	echo 1 >/sys/bus/pci/rescan
	eventually is_back || fail "$bridge and what is below it are not found again"
}
# the same objects, wherever the kernel has put registers of what it found again
same_objects() {
	release
	unbind_all
	all_released
	bind_all
	each_device check_outcome >/dev/null
	take_snapshot /tmp/snapshot.after
	for file in /tmp/snapshot /tmp/snapshot.after; do
		grep -v "^iomem .* : \(0000:\|PCI Bus\|port\|endpoint\)" $file >$file.mem
	done
	diff /tmp/snapshot.mem /tmp/snapshot.after.mem || fail "the snapshot is another one"
}
host_bridges() {
	local port
	for port in "$BUS"/port*; do
		case $(readlink -f "$port/uport") in
		*/0000:*) ;;
		*) echo "${port##*/} $(basename "$(readlink "$port/driver")")" ;;
		esac
	done
}

load_modules
first=$(first_attached)
path=$(readlink -f "$PCI/$first")
path=${path%/*}
bridges=
while :; do
	case ${path##*/} in
	pci*) break ;;
	esac
	bridges="$bridges ${path##*/}"
	path=${path%/*}
done
[ "$bridges" ] || fail "no bridge leads to $first"
bind_all
host_bridges >/tmp/host_bridges
[ -s /tmp/host_bridges ] || fail "there is no host bridge"

for bridge in $bridges; do
	bind_all
	: >/tmp/below
	: >/tmp/beside
	each_device sort_out
	below=$(cat /tmp/below)
	# shellcheck disable=SC2086 # a list
	echo "$bridge is removed; below it:" $below
	# shellcheck disable=SC2086 # a list
	begin $below
	for address in $below; do
		echo "$address $(memdev_of "$address") $(region_of "$address")"
	done >/tmp/gone
	remove_bridge
	while read -r address memdev region; do
		expect_lost "$address" "attach revoke hangup"
		[ ! -e "$BUS/$region" ] || fail "$region is left"
		expect_once "$memdev" "$region"
	done </tmp/gone
	flush
	beside | diff /tmp/beside - || fail "what is beside $bridge is not what it was"
	rescan
	for address in $below; do
		bind "$address"
		outcome_as_expected "$address"
	done
	beside | diff /tmp/beside - || fail "what is beside $bridge is not what it was"
	same_objects
	host_bridges | diff /tmp/host_bridges - || fail "a host bridge was rebound"

	unbind "$first"
	bind "$first" cxla_pci
	resource=$(cat "$BUS/$(region_of "$first")/resource")
	remove_bridge
	! region_at "$resource" || fail "the region of an expander is left"
	rescan
	bind "$first" cxla_pci
	region_at "$resource" >/dev/null || fail "an expander has no region, found again below $bridge"
	expect_equal "commit" "$(cat "$BUS/$(region_of "$first")/commit")" 1
	unbind "$first"
	unbind_all
done
