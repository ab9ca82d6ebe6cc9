# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The function is reset while its range is in use: it
# is revoked before. An accelerator keeps its decoders, as the specification has it (CXL
# 3.1 section 9.5), and is attached again without a hand. Hardware that forgets them
# all the same, as an accelerator does when asked to and an expander of QEMU always, is
# PCI-only, for that reason; committed as firmware would it is attached.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
[ -e "$PCI/$first/reset" ] || skip "$first can't be reset"
if is_accelerator "$first"; then
	begin "$first"
	memdev=$(memdev_of "$first")
	region=$(region_of "$first")
	echo 1 >"$PCI/$first/reset" || fail "the reset of $first fails"
	expect_lost "$first" "attach revoke detach attach"
	outcome_as_expected "$first"
	flush
	expect_once "$memdev" "$region"
	undone
	set_fault "$first" flr-clears-decoders true
fi
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
echo 1 >"$PCI/$first/reset" || fail "the reset of $first fails"
expect_lost "$first" "attach revoke detach"
expect_state "$first" pci-only not-committed
expect_once "$memdev" "$region"
expect_equal "driver of $first" "$(driver_of "$first")" cxla_accel
! is_accelerator "$first" || set_fault "$first" flr-clears-decoders false
unbind "$first"
recommit "$first"
undone
