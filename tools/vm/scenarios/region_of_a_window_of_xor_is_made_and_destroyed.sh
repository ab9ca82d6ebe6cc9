# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology expanders-switch, whose window over two bridges picks by XOR here: the entry
# of the other window is a CXIMS with the map for that. A region of four devices behind
# switches is made over it, write by write, committed, and has its order: devices in another
# one are refused. It is what the same is by modulo, one level after the other; and nothing
# is left of it. (QEMU's own window picks by modulo, so that no pattern is written.)
# shellcheck source=/dev/null
. ./triggers.sh
# shellcheck source=/dev/null
. ./compare-seen.sh
# shellcheck source=/dev/null
. ./compare-regions.sh

break_cedt "window=1 arithmetic=1" "window=0 type=2" "window=0 maps=1" "window=0 base=0x100"
choose ours cxla_pci
load_modules "$MODULES"
each_device bind_expander
BOTH=$(window_of_ways 2)
expect_equal "hardware before" "$(decoders_now)" ""

describe "$BOTH" 0 0x1 0x3 0x2 0x4
echo 1 >"$BUS/$REGION/commit" || fail "$REGION is not committed"
expect_equal "decoders above" "$(above)" "2 x 1 by 256, 2 x 2 by 512"
expect_equal "committed endpoints" "$(decoders_now | wc -l)" 4
expect_equal "of an endpoint" "$(interleave_of "$(decoder_at 0x2 0)")" "4 by 256"
cxla status --json >/tmp/status
expect_replies /tmp/status
grep -q '"arithmetic": "xor"' /tmp/status || fail "cxla status does not say how the window picks"
[ -z "$(delete "$REGION")" ] || fail "$REGION is not deleted"
expect_equal "hardware afterwards" "$(decoders_now)" ""
expect_ports_idle
! has_regions || fail "a region is left"

# a device of the other bridge
make "$BOTH"
echo 2 >"$BUS/$REGION/interleave_ways"
echo "$GRAIN" >"$BUS/$REGION/interleave_granularity"
echo "$((SHARE * 2))" >"$BUS/$REGION/size" || fail "$REGION gets no addresses"
if decoder_at 0x3 0 >"$BUS/$REGION/target0" 2>/dev/null; then
	fail "a device was taken in where the window does not lead"
fi
[ -z "$(delete "$REGION")" ] || fail "$REGION is not deleted"
