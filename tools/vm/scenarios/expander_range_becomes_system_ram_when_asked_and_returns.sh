# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges or not. The first one is an
# expander. Its range becomes System RAM by the kernel's kmem, once because cxla_dax is told
# so, once because somebody writes the device's name to kmem. While it is online commit=0 and
# delete_region are -EBUSY and change nothing; taken offline, it goes like any other range.
# shellcheck source=/dev/null
. ./soft.sh

blocks() {
	local block index size
	size=0x$(cat /sys/devices/system/memory/block_size_bytes)
	for block in /sys/devices/system/memory/memory*; do
		[ -e "$block/phys_index" ] || continue
		index=$((0x$(cat "$block/phys_index") * size))
		[ $index -ge "$(range_start "$FIRST")" ] && [ $index -lt $(($(range_start "$FIRST") + $(first_size))) ] &&
			echo "$block"
	done
}
first_size() {
	cat "$DAX/devices/$name/size"
}
# kmem adds one block after the other, while the device is there already
has_all_blocks() {
	blocks >/tmp/blocks
	[ $(($(wc -l </tmp/blocks) * 0x$(cat /sys/devices/system/memory/block_size_bytes))) -eq "$(first_size)" ]
}
online() {
	local block
	eventually has_all_blocks || fail "the memory of $name has $(wc -l </tmp/blocks) blocks"
	while read -r block; do
		grep -q online "$block/state" || echo online_movable >"$block/state" || fail "$block"
	done </tmp/blocks
	grep -q "System RAM (kmem)" /proc/iomem || fail "there is no System RAM of kmem"
}
offline() {
	local block
	while read -r block; do
		echo offline >"$block/state" || fail "$block can't be taken offline"
	done </tmp/blocks
}
refused() {
	expect_equal "answer of ${2##*/}" "$(written "$1" "$2")" busy
}
while_online() {
	region=$(region_at "$(range_start "$FIRST")") || fail "no region"
	expect_equal "driver of $name" "$(basename "$(readlink "$DAX/devices/$name/driver")")" kmem
	refused 0 "$BUS/$region/commit"
	refused "$region" "$(dirname "$(readlink -f "$BUS/$region")")/delete_region"
	expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
	expect_equal "committed decoders of $FIRST_AT" "$(in_registers "$FIRST_AT")" 1
	ledger | grep -q "^$(range_start "$FIRST") [0-9]* dax owned region $name$" ||
		fail "the ledger does not say whose the memory is: $(ledger)"
	echo "$name is online: $(wc -l </tmp/blocks) blocks"
}
goes() {
	unbind "$FIRST_AT"
	flush
	! grep -q "System RAM (kmem)" /proc/iomem || fail "it is System RAM still"
	! ledger | grep -q quarantined || fail "it is in quarantine: $(ledger)"
	expect_equal "devices of device-dax there" "$(dax_at "$(range_start "$FIRST")")" ""
	expect_equal "committed decoders of $FIRST_AT" "$(in_registers "$FIRST_AT")" 1
}

begin_soft
# by itself a kernel has it online for all uses: 7.x puts slabs there at once, which can't be moved
read -r policy </sys/devices/system/memory/auto_online_blocks
echo offline >/sys/devices/system/memory/auto_online_blocks
modprobe kmem || fail "kmem does not load"
load_modules
bind "$FIRST_AT" cxla_pci
modprobe cxla_hmem || fail "cxla_hmem does not load"
modprobe cxla_dax system_ram=1 || fail "cxla_dax does not load"
decided
name=$(dax_at "$(range_start "$FIRST")") || fail "no device of device-dax"
online
while_online
offline
goes

echo 0 >/sys/module/cxla_dax/parameters/system_ram
bind "$FIRST_AT" cxla_pci
flush
name=$(dax_at "$(range_start "$FIRST")") || fail "no device of device-dax"
expect_equal "driver of $name" "$(basename "$(readlink "$DAX/devices/$name/driver")")" device_dax
echo "$name" >"$DAX/drivers/device_dax/unbind"
ask_for kmem "$name"
online
while_online
offline
goes
ask_no_more
unload_modules || fail "not unloaded"
rmmod kmem
echo "$policy" >/sys/devices/system/memory/auto_online_blocks
end_soft_clean
