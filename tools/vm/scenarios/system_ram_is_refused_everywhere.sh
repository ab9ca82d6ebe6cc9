# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, on a machine whose first Soft Reserved range is
# the range of one of them. In-tree drivers make System RAM of it. No accelerator
# gets it then; a region with it is neither uncommitted nor deleted; when the
# device is let go of, its decoders and the memory stay.
# shellcheck source=/dev/null
. ./triggers.sh

DAX=/sys/bus/dax
make_ram() {
	local dax
	modprobe -a device_dax dax_hmem kmem ||
		fail "in-tree drivers of memory can't be loaded"
	dax=$(ls $DAX/devices)
	dax=${dax%%
*}
	[ -n "$dax" ] || skip "nobody in this kernel takes a Soft Reserved range in a window"
	# which of them has it by now differs from kernel to kernel
	(echo "$dax" >$DAX/drivers/device_dax/unbind) 2>/dev/null || true
	(echo "$dax" >$DAX/drivers/kmem/new_id) 2>/dev/null || true
	for block in /sys/devices/system/memory/memory*; do
		grep -q online "$block/state" || echo online_movable >"$block/state"
	done
	ram=$(sed -n 's/^ *\([0-9a-f]*\)-[0-9a-f]* : System RAM (kmem)$/\1/p' /proc/iomem | head -n 1)
	[ -n "$ram" ] || fail "there is no System RAM of $dax"
}

refused() {
	local words
	! words=$( (echo "$1" >"$2") 2>&1) || fail "$2 takes $1 with System RAM in the region"
	case $words in
	*busy*) ;;
	*) fail "$2 answers $1 by: $words" ;;
	esac
}

make_ram
load_modules
bind_all
is_ram() {
	! reason_is "$2" system-ram || echo "$1 $2"
}
each_device is_ram >/tmp/ram
read -r serial first </tmp/ram || fail "no device is refused for its System RAM at $ram"
expect_equal "devices with System RAM" "$(wc -l </tmp/ram)" 1
expect_outcomes "$serial" system-ram
expect_equal "committed decoders of $first" "$(in_registers "$first")" 1

# its region, by a driver that asks for no range
unbind "$first"
bind "$first" cxla_pci
region=$(region_of "$first")
[ -n "$region" ] || fail "$first has no region of its System RAM"
expect_equal "locked of $region" "$(cat "$BUS/$region/locked")" 0
root=$(readlink -f "$BUS/$region")
root=${root%/*}
refused 0 "$BUS/$region/commit"
refused "$region" "$root/delete_region"
expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
expect_equal "committed decoders of $first" "$(in_registers "$first")" 1

# the race would pull it away
if cxla race --seconds 1 >/tmp/race 2>&1; then
	fail "a race is begun with System RAM in a range"
fi
grep -q "System RAM" /tmp/race || fail "the race says no word of System RAM: $(cat /tmp/race)"

# whatever goes, the memory stays
unbind "$first"
expect_equal "committed decoders of $first" "$(in_registers "$first")" 1
grep -q "$ram-.* : System RAM (kmem)" /proc/iomem || fail "the System RAM is gone"
bind "$first"
expect_state "$first" pci-only system-ram
