# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The function is reset while its range is in use: it
# is revoked before. The hardware forgets its decoders with it, which is the reason
# then; committed as firmware would it is attached.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
[ -e "$PCI/$first/reset" ] || skip "$first can't be reset"
echo 1 >"$PCI/$first/reset" || fail "the reset of $first fails"
expect_lost "$first" "attach revoke detach"
expect_state "$first" pci-only not-committed
expect_once "$memdev" "$region"
expect_equal "driver of $first" "$(driver_of "$first")" cxla_accel
unbind "$first"
recommit "$first"
undone
