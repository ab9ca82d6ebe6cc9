# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What is observed of $STACK with memory expanders of which firmware committed nothing,
# topology expanders-switch; sourced by compare.sh. What the tests of ndctl about topology
# and regions ask of a stack, each as an observation. As in compare-seen.sh each says what
# there is, and knows nothing of what ought to be.

SHARE=0x10000000
GRAIN=256

# every expander bound, in the order of serial numbers; the two windows
load_expanders() {
	load_stack_alone
	each_device bind_expander
	settle
	ONE=$(window_of_ways 1)
	BOTH=$(window_of_ways 2)
}

load_stack_alone() {
	local m
	for m in $STACK_MODULES; do
		modprobe "$m" || fail "$m does not load"
	done
	case $STACK in
	ours) modprobe device_dax && modprobe cxla_pci && modprobe cxla_dax ;;
	in-tree) modprobe device_dax && modprobe cxl_pci && modprobe dax_cxl ;;
	esac || fail "the driver of expanders does not load"
}

bind_expander() {
	[ -e "$PCI/$2/driver" ] || bind "$2" "${S}_pci"
}

bound_expanders() {
	local dev n=0
	for dev in "$BUS"/mem[0-9]*; do
		[ ! -e "$dev/driver" ] || n=$((n + 1))
	done
	echo $n
}

# the first window that is interleaved over so many host bridges
window_of_ways() {
	local dev
	for dev in "$BUS"/decoder*; do
		[ -e "$dev/create_ram_region" ] || continue
		[ "$(cat "$dev/interleave_ways")" != "$1" ] || { echo "${dev##*/}" && return; }
	done
	fail "no window is of $1 ways"
}

# of the device with a serial number
memdev_at() {
	basename "$(echo "$PCI/$(address_of "$1")"/mem[0-9]*)"
}

endpoint_at() {
	endpoint_below "$(memdev_at "$1")"
}

# decoder N of a device: decoder_at SERIAL N
decoder_at() {
	basename "$(echo "$BUS/$(endpoint_at "$1")"/decoder*."$2")"
}

# make WINDOW: an empty region
make() {
	REGION=$(cat "$BUS/$1/create_ram_region")
	echo "$REGION" >"$BUS/$1/create_ram_region" || fail "$REGION is not made"
}

# allot SERIAL N: decoder N of a device has its share
allot() {
	local decoder
	decoder=$(decoder_at "$1" "$2")
	echo ram >"$BUS/$decoder/mode"
	echo $SHARE >"$BUS/$decoder/dpa_size" || fail "$decoder has no share of $1"
}

# describe WINDOW N SERIAL...: not committed yet; N: which decoder of each
describe() {
	local window=$1 n=$2 serial pos=0
	shift 2
	for serial in "$@"; do
		allot "$serial" "$n"
	done
	make "$window"
	echo $# >"$BUS/$REGION/interleave_ways" || fail "$REGION: not $# ways"
	echo $GRAIN >"$BUS/$REGION/interleave_granularity" || fail "$REGION: not by $GRAIN"
	echo $((SHARE * $#)) >"$BUS/$REGION/size" || fail "$REGION gets no addresses"
	for serial in "$@"; do
		decoder_at "$serial" "$n" >"$BUS/$REGION/target$pos" ||
			fail "$serial is not taken in at $pos"
		pos=$((pos + 1))
	done
}

commit() {
	describe "$@"
	echo 1 >"$BUS/$REGION/commit" || fail "$REGION is not committed"
}

delete() {
	attempt "$1" "$(readlink -f "$BUS/$1")/../delete_region"
}

# "2 by 512" of a decoder
interleave_of() {
	echo "$(cat "$BUS/$1/interleave_ways") by $(cat "$BUS/$1/interleave_granularity")"
}

# decoders above that have the region's range
above() {
	local dev start size
	start=$(cat "$BUS/$REGION/resource")
	size=$(cat "$BUS/$REGION/size")
	for dev in "$BUS"/decoder*; do
		if [ -e "$dev/dpa_size" ] || [ -e "$dev/create_ram_region" ]; then continue; fi
		[ "$(cat "$dev/start") $(cat "$dev/size")" = "$start $size" ] || continue
		interleave_of "${dev##*/}"
	done | sort | uniq -c | awk '{ printf "%s%d x %s %s %s", n++ ? ", " : "", $1, $2, $3, $4 }'
}

# switch ports that there are
switches() {
	local dev n=0
	for dev in "$BUS"/port*; do
		case $(readlink "$dev/uport") in
		*pci0000:[0-9a-f]*/0000:*) n=$((n + 1)) ;;
		esac
	done
	echo $n
}

see_topology() {
	local ports
	load_expanders
	ports=$(echo "$BUS"/port[0-9]* | wc -w)
	seen "$((ports - $(switches))) host bridges, $(switches) switches, $(bound_expanders) expanders"
}

# its last device takes a switch port with it, and brings it back
see_switch_comes_and_goes() {
	local words memdev other
	load_expanders
	memdev=$(memdev_at 0x1)
	other=$(memdev_at 0x2)
	words=$(switches)
	attempt "$memdev" "$BUS_DRIVERS/${S}_mem/unbind"
	settle
	words="$words, $(switches)"
	attempt "$other" "$BUS_DRIVERS/${S}_mem/unbind"
	settle
	words="$words, $(switches)"
	attempt "$memdev" "$BUS_DRIVERS/${S}_mem/bind"
	attempt "$other" "$BUS_DRIVERS/${S}_mem/bind"
	settle
	seen "switches: $words, $(switches)"
}

# a host bridge that is unbound, and bound again with the memdevs below it
see_bridge_unbound() {
	local port words memdev serial
	load_expanders
	port=$(readlink -f "$BUS/$(endpoint_at 0x5)")
	port=$(basename "${port%/*}")
	words=$(bound_expanders)
	attempt "$port" "$BUS_DRIVERS/${S}_port/unbind"
	settle
	words="$words, $(bound_expanders)"
	attempt "$port" "$BUS_DRIVERS/${S}_port/bind"
	settle
	for serial in 0x1 0x2 0x5; do
		memdev=$(memdev_at $serial)
		[ -e "$BUS/$memdev/driver" ] || attempt "$memdev" "$BUS_DRIVERS/${S}_mem/bind" >/dev/null
	done
	settle
	seen "expanders with a driver: $words, $(bound_expanders)"
}

see_described() {
	local decoder
	load_expanders
	describe "$BOTH" 0 0x1 0x3 0x2 0x4
	decoder=$(decoder_at 0x1 0)
	seen "region $(cat "$BUS/$REGION/size") at $(cat "$BUS/$REGION/resource"), endpoint $(interleave_of "$decoder")" \
		"$(cat "$BUS/$decoder/size") at $(cat "$BUS/$decoder/start"), hardware: $(decoders_now | wc -l) decoders"
}

see_committed() {
	load_expanders
	commit "$BOTH" 0 0x1 0x3 0x2 0x4
	seen "above: $(above); hardware: $(decoders_now | wc -l) decoders"
}

see_wrong_place() {
	local words serial pos=0
	load_expanders
	for serial in 0x1 0x2 0x3 0x4; do
		allot $serial 0
	done
	make "$BOTH"
	echo 4 >"$BUS/$REGION/interleave_ways"
	echo $GRAIN >"$BUS/$REGION/interleave_granularity"
	echo $((SHARE * 4)) >"$BUS/$REGION/size"
	for serial in 0x1 0x2 0x3 0x4; do
		words="$words $(in_words "$(attempt "$(decoder_at $serial 0)" "$BUS/$REGION/target$pos")")"
		pos=$((pos + 1))
	done
	words="$words; commit: $(in_words "$(attempt 1 "$BUS/$REGION/commit")")"
	seen "targets:$words; hardware: $(decoders_now | wc -l) decoders"
}

see_taken_apart() {
	local words pos serial
	load_expanders
	commit "$BOTH" 0 0x1 0x3 0x2 0x4
	words="commit=0 $(in_words "$(attempt 0 "$BUS/$REGION/commit")")"
	for pos in 0 1 2 3; do
		words="$words, target$pos $(in_words "$(attempt "" "$BUS/$REGION/target$pos")")"
	done
	for serial in 0x1 0x2 0x3 0x4; do
		words="$words, dpa $(in_words "$(attempt 0 "$BUS/$(decoder_at $serial 0)/dpa_size")")"
	done
	seen "$words, delete $(in_words "$(delete "$REGION")"): hardware: $(decoders_now | wc -l) decoders"
}

see_made_again() {
	local first words
	load_expanders
	commit "$ONE" 0 0x5
	first=$(cat "$BUS/$REGION/resource")
	words="delete $(in_words "$(delete "$REGION")")"
	settle
	echo 0 >"$BUS/$(decoder_at 0x5 0)/dpa_size"
	commit "$ONE" 0 0x5
	case $(cat "$BUS/$REGION/resource") in
	"$first") seen "$words, at the same address" ;;
	*) seen "$words, at another address" ;;
	esac
}

# disabled and enabled
see_rebound() {
	local words
	load_expanders
	commit "$ONE" 0 0x5
	[ -e "$BUS/$REGION/driver" ] || attempt "$REGION" "$BUS_DRIVERS/${S}_region/bind" >/dev/null
	words="device-dax: $(dax_of "$REGION" | wc -l)"
	attempt "$REGION" "$BUS_DRIVERS/${S}_region/unbind" >/dev/null
	words="$words, unbound $(dax_of "$REGION" | wc -l)"
	attempt "$REGION" "$BUS_DRIVERS/${S}_region/bind" >/dev/null
	seen "$words, bound again $(dax_of "$REGION" | wc -l); commit is $(cat "$BUS/$REGION/commit")"
}

# two of one device, which go in reverse
see_slices() {
	local first words
	load_expanders
	commit "$ONE" 0 0x5
	first=$REGION
	commit "$ONE" 1 0x5
	words="hardware $(decoders_now | wc -l)"
	words="$words; delete $(in_words "$(delete "$REGION")"), $(in_words "$(delete "$first")")"
	settle
	seen "$words; hardware $(decoders_now | wc -l)"
}

# the first of two: another one is committed behind it
see_first_of_slices() {
	local first
	load_expanders
	commit "$ONE" 0 0x5
	first=$REGION
	commit "$ONE" 1 0x5
	seen "delete $(in_words "$(delete "$first")"), $([ -e "$BUS/$first" ] && echo there || echo gone);" \
		"the other: commit is $(cat "$BUS/$REGION/commit"), hardware $(decoders_now | wc -l)"
}

see_system_ram() {
	local dax words
	load_expanders
	modprobe kmem || fail "kmem does not load"
	commit "$ONE" 0 0x5
	[ -e "$BUS/$REGION/driver" ] || attempt "$REGION" "$BUS_DRIVERS/${S}_region/bind" >/dev/null
	dax=$(dax_of "$REGION")
	[ -n "$dax" ] || fail "$REGION has no device of device-dax"
	echo "$dax" >/sys/bus/dax/drivers/device_dax/unbind 2>/dev/null
	echo "$dax" >/sys/bus/dax/drivers/kmem/new_id 2>/dev/null
	[ -e "/sys/bus/dax/devices/$dax/driver" ] || echo "$dax" >/sys/bus/dax/drivers/kmem/bind
	words="driver $(basename "$(readlink "/sys/bus/dax/devices/$dax/driver")")"
	words="$words, commit=0 $(in_words "$(attempt 0 "$BUS/$REGION/commit")")"
	words="$words, then commit is $(cat "$BUS/$REGION/commit" 2>/dev/null || echo gone)"
	seen "$words, delete $(in_words "$(delete "$REGION")"), hardware $(decoders_now | wc -l)"
}

# what is left when its window goes, and when a member does, and comes back
see_root_module_reloaded() {
	load_expanders
	commit "$ONE" 0 0x5
	attempt "$ROOT" "$ROOT_DRIVER/unbind" >/dev/null
	settle
	attempt "$ROOT" "$ROOT_DRIVER/bind" >/dev/null
	each_device bind_expander
	settle
	seen "regions $(regions_now), hardware $(decoders_now | wc -l)"
}

see_member_rebound() {
	local words
	load_expanders
	commit "$BOTH" 0 0x1 0x3
	unbind "$(address_of 0x3)"
	settle
	words="without it: regions $(regions_now), hardware $(decoders_now | wc -l)"
	each_device bind_expander
	settle
	seen "$words; with it: regions $(regions_now), hardware $(decoders_now | wc -l)"
}

# What the packaged cxl lists, each line by itself, whatever it is a part of. Without numbers
# of objects, and without what the table "What cxl reads" in kmod/ABI.md is about: targets
# of decoders, ports, updates of firmware.
listed() {
	case $STACK in
	ours) modprobe cxl_core && cxla exec -- cxl list -vvv ;;
	in-tree) cxl list -vvv ;;
	esac >/tmp/list 2>/tmp/list.words || fail "cxl list: $(cat /tmp/list.words)"
	sed -E 's/(mem|port|endpoint|decoder|root|region|dax)[0-9.]+/\1#/g; s/^ +//; s/,$//' /tmp/list |
		grep -vE '^[][{}]|"(targets?|position|id|alias|nr_targets|nr_dports|dports?|fw_update_in_progress|remaining_size)"|[][{}]$' |
		sort >/tmp/listed
	sed 's/^/# /' /tmp/listed
}

see_listed_idle() {
	load_expanders
	listed
	seen "$(wc -l </tmp/listed) lines, $(md5sum </tmp/listed | cut -c1-8)"
}

see_listed() {
	local dax
	load_expanders
	commit "$BOTH" 0 0x1 0x3 0x2 0x4
	[ -e "$BUS/$REGION/driver" ] || attempt "$REGION" "$BUS_DRIVERS/${S}_region/bind" >/dev/null
	dax=$(dax_of "$REGION")
	# it would be System RAM's by the kernel's policy
	[ -e "/sys/bus/dax/devices/$dax/driver" ] || echo "$dax" >/sys/bus/dax/drivers/device_dax/new_id
	listed
	seen "$(wc -l </tmp/listed) lines, $(md5sum </tmp/listed | cut -c1-8)"
}

regions_now() {
	local dev n=0
	for dev in "$BUS"/region*; do
		[ ! -e "$dev" ] || n=$((n + 1))
	done
	echo $n
}
