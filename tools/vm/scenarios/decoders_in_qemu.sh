# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# HDM decoders as QEMU has them: its monitor reads the registers of endpoints, switches and
# host bridges, and no driver, mapping or instruction of the machine is part of it. Sourced
# by scenarios. CXL 3.1 section 8.2.4.20.

# words_in_qemu COUNT ADDRESS: 32-bit registers, in decimal. Each is read by itself: the
# monitor reads several as 64-bit ones, which QEMU's components do not have.
words_in_qemu() {
	local at=$2 end=$(($2 + 4 * $1)) word
	while [ "$at" -lt "$end" ]; do
		word=$(cxla-guest monitor xp "/1wx" "$at") || fail "QEMU reads no register at $at"
		word=${word##*0x}
		echo $((0x${word%%[!0-9a-f]*}))
		at=$((at + 4))
	done
}

# hdm_of PORT: where its decoders are, kept: to look takes a dozen questions, and they stay there
hdm_of() {
	local component hdm
	component=$(component_of "$1") || return 1
	if [ ! -e "/tmp/hdm.$component" ]; then
		hdm_in_qemu "$component" >/tmp/hdm || return 1
		mv /tmp/hdm "/tmp/hdm.$component"
	fi
	read -r hdm <"/tmp/hdm.$component" || return 0
	echo "$hdm"
}

# hdm_in_qemu ADDRESS: where the decoders of these component registers are; nothing if none
hdm_in_qemu() {
	local base=$(($1 + 0x1000)) entries word
	set -- "$(words_in_qemu 1 "$base")"
	entries=$(($1 >> 24))
	for word in $(words_in_qemu "$entries" $((base + 4))); do
		[ $((word & 0xffff)) -ne 5 ] || echo $((base + (word >> 20)))
	done
}

# component_of PORT: address of its component registers
component_of() {
	local uport
	uport=$(readlink -f "$BUS/$1/uport")
	[ -e "$uport/vendor" ] || [ ! -e "$uport/../vendor" ] || uport=${uport%/*}
	if [ -e "$uport/vendor" ]; then
		cxla-guest registers "${uport##*/}"
	else
		cxla-guest bridge "$(cat "$uport/firmware_node/uid" 2>/dev/null || cat "$uport/uid")"
	fi
}

# decoder_in_qemu HDM N: start, size, ways and granularity by its registers, or "idle"
decoder_in_qemu() {
	local control at=$(($1 + 0x10 + 0x20 * $2))
	control=$(words_in_qemu 1 $((at + 16))) || return 1
	[ $((control >> 10 & 1)) -eq 1 ] || { echo idle && return; }
	# shellcheck disable=SC2046 # words are wanted
	set -- $(words_in_qemu 4 $at) "$control"
	echo "$(($1 | $2 << 32)) $(($3 | $4 << 32)) $((1 << ($5 >> 4 & 0xf))) $((256 << ($5 & 0xf)))"
}

decoder_in_sysfs() {
	local dev="$BUS/$1"
	[ $(($(cat "$dev/size"))) -ne 0 ] || { echo idle && return; }
	echo "$(($(cat "$dev/start"))) $(($(cat "$dev/size"))) $(cat "$dev/interleave_ways")" \
		"$(cat "$dev/interleave_granularity")"
}

# expect_as_in_qemu WHEN: what sysfs says of the decoders of every port is what hardware has.
# The idle decoder of a device may say what it will have: its region is described.
expect_as_in_qemu() {
	local when=$1 dev port hdm n committed looked=0 truth
	for port in "$BUS"/port[0-9]* "$BUS"/endpoint[0-9]*; do
		[ -e "$port/decoders_committed" ] || continue
		port=${port##*/}
		hdm=$(hdm_of "$port") || exit 1
		[ "$hdm" ] || continue
		committed=0
		for dev in "$BUS/$port"/decoder[0-9]*; do
			n=${dev##*.}
			truth=$(decoder_in_qemu "$hdm" "$n") || exit 1
			looked=$((looked + 1))
			[ "$truth" = idle ] || committed=$((committed + 1))
			if [ "$truth" != idle ] || [ ! -e "$dev/dpa_size" ]; then
				expect_equal "${dev##*/}, $when" "$(decoder_in_sysfs "${dev##*/}")" "$truth"
			fi
		done
		expect_equal "decoders committed of $port, $when" "$(cat "$BUS/$port/decoders_committed")" \
			"$committed"
	done
	echo "$when: $looked decoders are as QEMU has them"
	[ $looked -gt 0 ] || fail "no port has decoders"
}
