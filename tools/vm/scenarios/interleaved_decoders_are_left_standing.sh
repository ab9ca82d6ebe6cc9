# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an interleaved range. Attaching to a member is refused with the
# reason; no region of its own is left, decoders above stay as firmware committed
# them, and another load still finds the device interleaved, not uncommitted.

decoders() {
	local decoder
	for decoder in "$BUS"/port*/decoder[0-9]*; do
		[ $(($(cat "$decoder/size"))) -ne 0 ] || continue
		echo "$(readlink "$decoder/../uport") $(cat "$decoder/start" "$decoder/size" \
			"$decoder/target_list" "$decoder/locked" | tr '\n' ' ')"
	done | sort
}

interleaved=0
check() {
	[ "$4" = interleaved ] || return 0
	check_outcome "$@"
	[ -e "$PCI/$2/driver" ] || fail "$2 is unbound"
	for memdev in "$PCI/$2"/mem[0-9]*; do
		[ ! -e "$memdev" ] || fail "$2 still has ${memdev##*/}"
	done
	if cxla-guest pattern write "$(node_of "$2")" 1; then
		fail "$2 lets itself be mapped"
	fi
	interleaved=$((interleaved + 1))
}

load_modules
before=$(decoders)
[ -n "$before" ] || fail "no host bridge has a committed decoder"
for _ in 1 2; do
	interleaved=0
	bind_all
	each_device check
	[ "$interleaved" -gt 1 ] || fail "the topology has no interleaved devices"
	expect_equal "decoders after attach" "$(decoders)" "$before"
	unload_modules || fail "not unloaded"
	load_modules
	expect_equal "decoders after reload" "$(decoders)" "$before"
done
echo "$before"
