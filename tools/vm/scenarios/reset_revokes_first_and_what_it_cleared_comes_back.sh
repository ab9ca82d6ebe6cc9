# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The device is reset while its range is in use, by
# each method that the kernel has for it: the range is revoked before, the decoders are
# afterwards what they were, locks included, and it is attached again without a hand. An
# accelerator keeps its decoders in a function reset, as the specification has it (CXL 3.1
# section 9.5), and forgets them when asked to; a reset of the bus clears them, as any
# reset does those of an expander of QEMU.
# shellcheck source=/dev/null
. ./triggers.sh

reset_by() {
	local memdev region
	begin "$first"
	memdev=$(memdev_of "$first")
	region=$(region_of "$first")
	echo "$1" >"$PCI/$first/reset_method" || fail "$1 can't be chosen"
	# one that is listed may not be possible in this slot
	if ! (echo 1 >"$PCI/$first/reset") 2>/tmp/reset; then
		echo "no reset by $1: $(cat /tmp/reset)"
		# its driver was prepared for one all the same
		expect_lost "$first" "attach revoke detach attach"
		undone
		return
	fi
	resets=$((resets + 1))
	expect_lost "$first" "attach revoke detach attach"
	outcome_as_expected "$first"
	flush
	expect_once "$memdev" "$region"
	expect_equal "decoders after a reset by $1" "$(cxla-guest decoders "$first" all)" "$decoders"
	undone
	for_address "$first" write_pattern
	for_address "$first" check_pattern
}

load_modules
first=$(first_attached)
[ -e "$PCI/$first/reset" ] || skip "$first can't be reset"
bind "$first"
decoders=$(cxla-guest decoders "$first" all)
[ -n "$decoders" ] || fail "$first has no committed decoder"
unbind "$first"
read -r methods <"$PCI/$first/reset_method"
echo "reset methods of $first: $methods"
resets=0
for method in $methods; do
	reset_by "$method"
done
if is_accelerator "$first"; then
	set_fault "$first" flr-clears-decoders true
	reset_by flr
	set_fault "$first" flr-clears-decoders false
fi
[ $resets -gt 0 ] || fail "$first is reset by none of $methods"
kernel_said "decoders are again what they were before a reset" ||
	fail "no reset has cleared a decoder"
