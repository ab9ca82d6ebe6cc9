# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The PCI device is removed from the bus while its
# range is in use: revoked, gone once. After a rescan it is attached again.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
bridge=$(readlink -f "$PCI/$first")
bridge=${bridge%/*}
echo 1 >"$PCI/$first/remove"
expect_lost "$first" "attach revoke hangup"
[ ! -e "$PCI/$first" ] || fail "$first is there after its removal"
[ ! -e "$BUS/$region" ] || fail "$region is left"
flush
expect_once "$memdev" "$region"
echo 1 >"$bridge/rescan"
eventually test -e "$PCI/$first/driver_override" || fail "$first is not found again"
undone
