# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The endpoint port of a range in use is unbound: the
# region goes once, the accelerator goes on PCI-only.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
endpoint=$(endpoint_of "$first")
echo "$endpoint" >"$BUS/$endpoint/driver/unbind"
flush
expect_lost "$first" "attach revoke detach"
expect_state "$first" pci-only revoked
[ ! -e "$BUS/$region" ] || fail "$region is left"
expect_once "$memdev" "$region" detach
unbind "$first"
undone
