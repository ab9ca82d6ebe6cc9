# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The memdev of a range in use is unbound: the
# region goes once, the accelerator goes on PCI-only.
# shellcheck source=/dev/null
. ./triggers.sh

load_modules
first=$(first_attached)
begin "$first"
memdev=$(memdev_of "$first")
region=$(region_of "$first")
echo "$memdev" >"$BUS/$memdev/driver/unbind"
ends_detached "$first" "$memdev" "$region"
