# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with two attached devices below one port, a Soft Reserved range on their
# decoders. The in-tree drivers of memory came first and have it, once as a device that can
# be mapped, once as System RAM. The second device is an expander, behind whose decoder
# none is committed: commit=0 and delete_region are busy and change nothing, with
# cxla_dax and without, and the ledger says whose the range is, never that it is free, also
# when the expander has gone. When the in-tree driver lets go, commit=0 succeeds.
# shellcheck source=/dev/null
. ./soft.sh

committed() {
	local port path
	in_registers "$SECOND_AT"
	path=$(readlink -f "$BUS/$(endpoint_of "$SECOND_AT")")
	for port in "$path" "${path%/*}"; do
		cat "$port/decoders_committed"
	done
}
refused() {
	expect_equal "answer of ${2##*/} $3" "$(written "$1" "$2")" busy
}
# every line about the expander's range, without when
said() {
	local start end
	start=$(range_start "$SECOND")
	end=$((start + size_of_second - 1))
	ledger | awk -v s="$start" -v e="$end" '$1 <= e && $2 >= s { print $3, $4, $5 }' | sort -u
}
unchanged() {
	region=$(region_at "$(range_start "$SECOND")") || fail "no region $1"
	root=$(dirname "$(readlink -f "$BUS/$region")")
	committed >/tmp/committed
	expect_equal "who has the range $1" "$(said)" "in-tree foreign in-use"
	for _ in 1 2; do
		refused 0 "$BUS/$region/commit" "$1"
		refused "$region" "$root/delete_region" "$1"
		expect_equal "commit $1" "$(cat "$BUS/$region/commit")" 1
		expect_equal "driver of $region $1" \
			"$(basename "$(readlink "$BUS/$region/driver")")" cxla_region
		committed | diff /tmp/committed - || fail "decoders were changed $1"
	done
	expect_equal "committed decoders of $SECOND_AT $1" "$(in_registers "$SECOND_AT")" 1
	expect_equal "driver of $name $1" "$(basename "$(readlink "$DAX/devices/$name/driver")")" "$2"
	expect_equal "who has the range $1" "$(said)" "in-tree foreign in-use"
}
# with the expander, with cxla_dax too, and after both
has_it() {
	load_modules
	bind "$SECOND_AT" cxla_pci
	unchanged "with $1" "$1"
	modprobe cxla_dax || fail "cxla_dax does not load"
	flush
	unchanged "with $1 and cxla_dax" "$1"
	unbind "$SECOND_AT"
	flush
	! said | grep -q " free " || fail "it is free, without its expander: $(said)"
	bind "$SECOND_AT" cxla_pci
	unchanged "with $1, bound again" "$1"
}
lets_go() {
	region=$(region_at "$(range_start "$SECOND")") || fail "no region"
	echo 0 >"$BUS/$region/commit" || fail "commit=0 fails after $1 let go"
	expect_equal "commit" "$(cat "$BUS/$region/commit")" 0
	expect_equal "committed decoders of $SECOND_AT" "$(in_registers "$SECOND_AT")" 0
	echo 1 >"$BUS/$region/commit" || fail "commit=1 fails after $1 let go"
	committed | diff /tmp/committed - || fail "decoders are not what they were"
	unbind "$SECOND_AT"
	unload_modules || fail "not unloaded"
}
# a block of memory in the expander's range: one is enough, and is soon taken offline
block_of_second() {
	local block size
	size=0x$(cat /sys/devices/system/memory/block_size_bytes)
	for block in /sys/devices/system/memory/memory*; do
		[ -e "$block/phys_index" ] || continue
		[ $((0x$(cat "$block/phys_index") * size)) -eq "$(range_start "$SECOND")" ] &&
			echo "$block" && return
	done
	return 1
}
measure() {
	[ "$1" != "$SECOND" ] || size_of_second=$6
}
# the device of device-dax that has the expander's range
settled() {
	local start bytes begin_
	start=$(range_start "$SECOND")
	for name in "$DAX"/devices/dax*; do
		[ -e "$name" ] || continue
		begin_=$(($(cat "$name/resource")))
		bytes=$(cat "$name/size")
		name=${name##*/}
		[ $begin_ -le "$start" ] && [ $((begin_ + bytes)) -gt "$start" ] && return
	done
	return 1
}

begin_soft
each_device measure
modprobe dax_hmem || fail "in-tree dax_hmem does not load"
eventually settled || fail "in-tree dax_hmem has not taken the range"
[ ! -e "$DAX/devices/$name/driver" ] || echo "$name" >"$DAX/devices/$name/driver/unbind"

ask_for device_dax "$name"
expect_equal "driver of $name" "$(basename "$(readlink "$DAX/devices/$name/driver")")" device_dax
# kernels with detectors have no FS_DAX
[ -e /proc/lockdep ] || keep "/dev/$name" 0x818181
has_it device_dax
[ -e /proc/lockdep ] || kept "/dev/$name" right
ask_no_more
echo "$name" >"$DAX/drivers/device_dax/unbind"
lets_go device_dax

# kmem takes it as soon as it is there
read -r policy </sys/devices/system/memory/auto_online_blocks
echo offline >/sys/devices/system/memory/auto_online_blocks
modprobe kmem || fail "kmem does not load"
[ -e "$DAX/devices/$name/driver" ] || ask_for kmem "$name"
expect_equal "driver of $name" "$(basename "$(readlink "$DAX/devices/$name/driver")")" kmem
block=$(block_of_second) || fail "the memory of $name has no block there"
echo online_movable >"$block/state" || fail "$block"
grep -q "System RAM (kmem)" /proc/iomem || fail "there is no System RAM of kmem"
has_it kmem
echo offline >"$block/state" || fail "$block can't be taken offline"
ask_no_more
echo "$name" >"$DAX/drivers/kmem/unbind"
echo "$policy" >/sys/devices/system/memory/auto_online_blocks
lets_go kmem

unload_memory || fail "in-tree drivers can't be removed"
rmmod kmem
end_soft_clean
