# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges in the window. A device is held in
# its probe, which cxla_hmem waits for; it is unbound and bound again meanwhile, which is
# refused until the work has ended. Who unbinds waits for nothing. Without pause points no
# device can be held: there a quick hand may meet the work, and is refused likewise.
# shellcheck source=/dev/null
. ./soft.sh

pause=/sys/kernel/debug/cxla/pause
begin_soft
meant_for cxla_accel
load_modules "cxla_port cxla_mem cxla_accel cxla_pci"
modprobe cxla_hmem wait_seconds=3600 || fail "cxla_hmem does not load"
modprobe cxla_dax || fail "cxla_dax does not load"
if [ -e $pause ]; then
	# what the devices do when the root comes
	echo retry-locked >$pause
	modprobe cxla_acpi &
	loading=$!
	held() {
		grep -q "retry-locked.*held" $pause
	}
	eventually held || fail "nobody comes by: $(cat $pause)"
	at_once unbind_hmem
	expect_equal "bind with work pending" "$(written "$HMEM_DEVICE" "$HMEM/bind")" busy
	[ ! -e "$HMEM/$HMEM_DEVICE" ] || fail "it is bound all the same"
	kernel_said 'unbound before ranges were decided about' || fail "nobody said why it is busy"
	echo -retry-locked >$pause
	wait $loading || fail "cxla_acpi does not load"
else
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		unbind_hmem
		written "$HMEM_DEVICE" "$HMEM/bind"
		eventually hmem_is_bound || fail "not bound again"
	done
	load_modules cxla_acpi
fi
eventually hmem_is_bound || fail "it can't be bound again"
decided
flush
each_device check_outcome
# shellcheck disable=SC2046 # words
expect_owners $(owned_by accelerator,owned,attached)
end_soft_clean
