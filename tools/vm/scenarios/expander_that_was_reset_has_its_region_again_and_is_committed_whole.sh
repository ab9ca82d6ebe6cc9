# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, the last one an expander with cxla_dax, not locked.
# It is reset by each method that the kernel has for it: afterwards its decoders, its
# region and what device-dax had of it are there again.
#
# A reset that nobody is told of, by its bridge's control register, takes its decoder
# from a region that is committed, or was uncommitted before. commit=1 writes the whole
# decoder then, and the range can be read and written, by an accelerator's driver at the end.
# shellcheck source=/dev/null
. ./triggers.sh

# the next scenario is not to find it without its decoder
trap 'end_all; leave_committed' EXIT
leave_committed() {
	[ "$first" ] && [ "$(in_registers "$first")" = 0 ] || return 0
	[ ! -e "$PCI/$first/driver" ] || unbind "$first"
	recommit "$first"
}
collect() {
	[ "$3" != attached ] || [ "$7" != 0 ] || echo "$2"
}
has_dax_driver() {
	[ -d /sys/bus/cxla/drivers/cxla_dax_region ]
}
dax_of_it() {
	local dev
	for dev in /sys/bus/dax/devices/dax*; do
		[ -e "$dev" ] || continue
		[ $(($(cat "$dev/resource"))) -ne $((start)) ] || echo "${dev##*/}"
	done
}
base_of() {
	start=$5
}
# what is said of it is what its registers say
truly() {
	local count
	flush
	count=$(in_registers "$first") || fail "$first: its registers can't be read $1"
	expect_equal "driver of $first $1" "$(driver_of "$first")" cxla_pci
	memdev_of "$first" >/dev/null || fail "$first has no memdev $1"
	if [ "$count" -eq 0 ]; then
		! region_at "$start" >/dev/null || fail "it has a region, and no decoder, $1"
		expect_equal "device of device-dax $1" "$(dax_of_it)" ""
		! grep -q "^$(printf 0x%x "$start")-" /sys/kernel/debug/cxla/ledger ||
			fail "the ledger speaks of it $1: $(cat /sys/kernel/debug/cxla/ledger)"
	else
		region=$(region_at "$start") || fail "it has a decoder, and no region, $1"
		expect_equal "commit $1" "$(cat "$BUS/$region/commit")" 1
		[ -n "$(dax_of_it)" ] || fail "it is no device of device-dax $1"
	fi
	endpoint_says "$count" "$1"
}
endpoint_says() {
	local endpoint
	endpoint=$(endpoint_of "$first") || return 0
	expect_equal "decoders_committed $2" "$(cat "$BUS/$endpoint/decoders_committed")" "$1"
}
# hot reset of the bus below a bridge, which PCI code of the kernel knows nothing of;
# what a device needs in order to answer is written back
reset_behind() {
	local bridge control word
	bridge=$(readlink -f "$PCI/$1")
	bridge=${bridge%/*}
	dd if="$PCI/$1/config" of=/tmp/config bs=1 count=64 2>/dev/null
	dd if="$bridge/config" of=/tmp/control bs=1 skip=62 count=1 2>/dev/null
	control=$(od -An -tu1 /tmp/control)
	for word in $((control | 64)) $((control & ~64)); do
		# shellcheck disable=SC2059 # an octal number
		printf "\\$(printf %o "$word")" | dd of="$bridge/config" bs=1 seek=62 conv=notrunc 2>/dev/null
		sleep 0.2
	done
	sleep 1
	# base addresses, then the command register
	dd if=/tmp/config of="$PCI/$1/config" bs=4 skip=4 seek=4 count=6 conv=notrunc 2>/dev/null
	dd if=/tmp/config of="$PCI/$1/config" bs=2 skip=2 seek=2 count=1 conv=notrunc 2>/dev/null
	expect_equal "committed decoders of $1 behind a reset" "$(in_registers "$1")" 0
}
# the whole range, where device-dax can be mapped
used_by_dax() {
	[ -e /proc/lockdep ] && return
	cxla-guest pattern write "/dev/$(dax_of_it)" "$1" || fail "$(dax_of_it) can't be written"
	cxla-guest pattern check "/dev/$(dax_of_it)" "$1" || fail "$(dax_of_it) can't be read"
}

modprobe device_dax || fail "device_dax does not load"
load_modules "$MODULES cxla_hmem cxla_dax"
eventually has_dax_driver || fail "dax regions have no driver"
# the last one: decoders of a port are reset in reverse
first=$(each_device collect | tail -n 1)
[ -n "$first" ] || fail "no device of the topology is attached and not locked"
for_address "$first" base_of
bind "$first" cxla_pci
truly "before any reset"
expect_equal "committed decoders of $first" "$(in_registers "$first")" 1

[ -e "$PCI/$first/reset" ] || skip "$first can't be reset"
read -r methods <"$PCI/$first/reset_method"
echo "reset methods of $first: $methods"
resets=0
for method in $methods; do
	echo "$method" >"$PCI/$first/reset_method" || fail "$method can't be chosen"
	# one that is listed may not be possible in this slot
	if ! (echo 1 >"$PCI/$first/reset") 2>/tmp/reset; then
		echo "no reset by $method: $(cat /tmp/reset)"
		truly "after no reset by $method"
		continue
	fi
	resets=$((resets + 1))
	echo "$method leaves $(in_registers "$first") committed"
	truly "after a reset by $method"
	expect_equal "committed decoders after $method" "$(in_registers "$first")" 1
	used_by_dax 0x828282
done
[ $resets -gt 0 ] || fail "$first is reset by none of $methods"

region=$(region_at "$start")
reset_behind "$first"
echo 1 >"$BUS/$region/commit" || fail "commit=1 after a reset nobody was told of fails"
expect_equal "committed decoders of $first" "$(in_registers "$first")" 1
truly "after commit=1"
used_by_dax 0x838383

echo 0 >"$BUS/$region/commit" || fail "commit=0 fails"
expect_equal "committed decoders of $first" "$(in_registers "$first")" 0
reset_behind "$first"
echo 1 >"$BUS/$region/commit" || fail "commit=1 after commit=0 and a reset fails"
expect_equal "committed decoders of $first" "$(in_registers "$first")" 1
truly "after commit=0, a reset, commit=1"
used_by_dax 0x848484

unbind "$first"
bind "$first"
outcome_as_expected "$first"
for_address "$first" write_pattern
for_address "$first" check_pattern
