# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology faulty-and-decoded, 512 MiB of Soft Reserved memory for each of the four devices
# in turn from the window's start on, and 256 MiB behind that nobody decodes. Of the first
# device all decoders are good; the second one is where the bridge alone says, as its own
# decoder has an address that is not the system's; the decoder of the third one is out of
# order, and no bridge leads there; the fourth one gets a range by its DVSEC here, as
# firmware does it that leaves HDM decoders off. All of it is the accelerators', bound or
# not, and the rest is device-dax's.
# shellcheck source=/dev/null
. ./soft.sh

WINDOW=$(cxla-guest window 0)
# of the DVSEC for CXL devices in QEMU's configuration space
DVSEC=268

# cfg_word ADDRESS OFFSET: 32 bits, as hexadecimal digits
cfg_word() {
	od -An -tx4 -j "$2" -N 4 "$PCI/$1/config" | tr -d ' '
}

# cfg_bytes ADDRESS OFFSET BYTES: as printf has them
cfg_bytes() {
	# shellcheck disable=SC2059 # that is what they are
	printf "$3" | dd "of=$PCI/$1/config" bs=1 "seek=$2" conv=notrunc 2>/dev/null ||
		fail "configuration space of $1 can't be written"
}

# firmware's way without HDM decoders: base of range 1, and Mem_Enable
map_by_dvsec() {
	case $(cfg_word "$1" $((DVSEC + 4)))$(cfg_word "$1" $((DVSEC + 8))) in
	*1e98*0000) ;;
	*) fail "no DVSEC for CXL devices in $1 at $DVSEC" ;;
	esac
	cfg_bytes "$1" $((DVSEC + 32)) "$(octal $(($2 >> 32)))"
	cfg_bytes "$1" $((DVSEC + 36)) "$(octal $(($2 & 0xffffffff)))"
	cfg_bytes "$1" $((DVSEC + 12)) '\006\000'
}

octal() {
	printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) \
		$(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

meant() {
	echo cxla_accel >"$PCI/$2/driver_override"
}

# expect_ledger FIRST: who has the bytes of the first device; the others' are kept
expect_ledger() {
	local start=$((WINDOW)) size=$((512 << 20)) n
	{
		echo "$start $((start + size - 1)) accelerator $1"
		for n in 1 2 3; do
			echo "$((start + n * size)) $((start + (n + 1) * size - 1)) accelerator reserved meant-for-driver"
		done
		start=$((start + 4 * size))
		echo "$start $((start + (256 << 20) - 1)) hmem owned no-region"
	} | readable >/tmp/wanted
	ledger_of_soft | readable >/tmp/got
	diff /tmp/wanted /tmp/got || fail "the ledger has other owners than it should"
	expect_dax
}

begin_soft
map_by_dvsec "$(address_of 0x4)" $((WINDOW + (3 * 512 << 20)))

# neither bound, nor is there a root
each_device meant
modprobe cxla_hmem wait_seconds=1 || fail "cxla_hmem does not load"
modprobe cxla_dax || fail "cxla_dax does not load"
decided
expect_ledger "reserved meant-for-driver"
unload_modules || fail "not unloaded"

# bound to the accelerator's driver, of which the first gets its range
each_device meant
load_modules
each_device bind_one
modprobe cxla_hmem || fail "cxla_hmem does not load"
modprobe cxla_dax || fail "cxla_dax does not load"
decided
expect_ledger "owned attached"
end_soft_clean
