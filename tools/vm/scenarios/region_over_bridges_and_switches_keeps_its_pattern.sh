# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology expanders-switch. A region of four devices, which are below two host bridges
# and behind a switch each, is made write by write; what is written to it is read back, and
# on the way each level picks by bits of its own. Uncommitted and committed again it has
# the same addresses, and nothing is left of it.
# shellcheck source=/dev/null
. ./triggers.sh
# shellcheck source=/dev/null
. ./compare-seen.sh
# shellcheck source=/dev/null
. ./compare-regions.sh

choose ours cxla_pci
load_expanders
commit "$BOTH" 0 0x1 0x3 0x2 0x4
expect_equal "decoders above" "$(above)" "2 x 1 by 256, 2 x 2 by 512"
[ -z "$(attempt "$REGION" "$BUS_DRIVERS/cxla_region/bind")" ] || fail "$REGION is not bound"
dax=$(dax_of "$REGION")
[ "$dax" ] || fail "$REGION is no device of device-dax"
if can_map_dax; then
	cxla-guest pattern write "/dev/$dax" 11 || fail "$dax can't be written"
	cxla-guest pattern check "/dev/$dax" 11 || fail "$dax keeps nothing"
fi
start=$(cat "$BUS/$REGION/resource")
echo 0 >"$BUS/$REGION/commit" || fail "$REGION is not uncommitted"
expect_equal "hardware of a region that is uncommitted" "$(decoders_now)" ""
echo 1 >"$BUS/$REGION/commit" || fail "$REGION is not committed again"
expect_equal "where it is" "$(cat "$BUS/$REGION/resource")" "$start"
[ -z "$(delete "$REGION")" ] || fail "$REGION is not deleted"
expect_equal "hardware afterwards" "$(decoders_now)" ""
expect_ports_idle
