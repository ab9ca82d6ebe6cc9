# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The accelerator is unbound while its range is in
# use: it is revoked before the region goes, once, and nobody detaches a driver
# that is gone. Bound again, it is attached again.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
unbind "$first"
expect_lost "$first" "attach revoke hangup"
expect_equal "driver of $first" "$(driver_of "$first")" ""
[ ! -e "$BUS/$region" ] || fail "$region is left"
[ ! -e "$BUS/$memdev" ] || fail "$memdev is left"
flush
expect_once "$memdev" "$region"
undone
