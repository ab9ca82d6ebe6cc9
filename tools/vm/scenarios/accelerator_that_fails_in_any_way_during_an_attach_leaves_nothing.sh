# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with accelerators. Hardware of the first one fails in one way after another,
# from some access of an attach on: it has its range, and that is the right one, or it is
# PCI-only, for a reason, and there is no region. Once it is mended it attaches.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_accelerator)
is_accelerator "$first" || skip "an expander of QEMU has no faults"
bind "$first"
outcome_as_expected "$first"
unbind "$first"
take_snapshot /tmp/snapshot

# the size of its decoders reads as another one
set_fault "$first" corrupt-register 0xc
set_fault "$first" corrupt-xor 0x1
tried=0 refused=0
for fault in registers-all-ones=true config-all-ones=true drop-register-writes=true \
	drop-config-writes=true lose-mem-enable=true memory-all-ones=true corrupt-decoders=1 \
	lose-commit=1; do
	for n in 1 5 9 13 16; do
		set_fault "$first" fault-after $n
		set_fault "$first" "${fault%=*}" "${fault#*=}"
		bind "$first"
		tried=$((tried + 1))
		state=none
		[ ! -e "$PCI/$first/cxla/state" ] || state=$(cat "$PCI/$first/cxla/state")
		# what was seen to be wrong is not handed out
		case $fault.$n in
		lose-mem-enable*.1 | registers*.1 | corrupt-decoders*.1 | lose-commit*.1)
			expect_equal "state with $fault after access $n" "$state" pci-only
			;;
		esac
		case $state in
		attached)
			outcome_as_expected "$first"
			;;
		pci-only)
			refused=$((refused + 1))
			reason=$(cat "$PCI/$first/cxla/reason")
			echo "$fault after access $n: $reason"
			[ "$reason" != none ] || fail "no reason, with $fault after access $n"
			! has_regions || fail "a region is left, with $fault after access $n"
			;;
		none)
			[ ! -e "$PCI/$first/driver" ] || fail "bound, and no state, with $fault after access $n"
			;;
		esac
		[ ! -e "$PCI/$first/driver" ] || unbind "$first"
		set_fault "$first" "${fault%=*}" "$([ "${fault#*=}" = true ] && echo false || echo 0)"
		set_fault "$first" fault-after 0
		[ "$fault" != lose-commit=1 ] || [ "$(in_registers "$first")" = 1 ] || recommit "$first"
		expect_snapshot
		bind "$first"
		outcome_as_expected "$first" >/dev/null
		unbind "$first"
	done
done
[ $refused -gt 10 ] || fail "$refused of $tried attaches were refused"
echo "figures: $refused of $tried attaches refused"
