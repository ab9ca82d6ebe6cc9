# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology whose devices decode by a range of their DVSEC. Its region is locked, and
# after attach, refused changes and unload the extended configuration space, with the
# DVSEC, and the decoders of the device are what firmware left.

extended() {
	dd if="$PCI/$1/config" bs=256 skip=1 2>/dev/null | md5sum
}

# one of the devices has no decoders, which is an answer
decoders() {
	cxla-guest decoders "$1" 2>&1 || true
}

before() {
	extended "$2" >"/tmp/config.$1"
	decoders "$2" >"/tmp/decoders.$1"
}

after() {
	expect_equal "configuration space of $2" "$(extended "$2")" "$(cat "/tmp/config.$1")"
	expect_equal "decoders of $2" "$(decoders "$2")" "$(cat "/tmp/decoders.$1")"
}

refuses() {
	local decoder region
	decoder=$(endpoint_decoder_of "$2") || fail "$2: no endpoint decoder"
	expect_equal "$decoder/locked" "$(cat "$BUS/$decoder/locked")" 1
	region=$(region_at "$5") || fail "$1: no region at its range"
	if echo 0 >"$BUS/$region/commit"; then
		fail "$region: commit=0 is taken"
	fi
	check_outcome "$@"
}

each_device before
load_modules
bind_all
each_device refuses
unbind_all
unload_modules
each_device after
