# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology interleaved-bridges. The window over two bridges picks by XOR, and the entry
# of the other window is a CXIMS with the map for that: what is interleaved has its region,
# as by modulo, and the device of the window that is no more has none.

break_cedt "window=0 arithmetic=1" "window=1 type=2" "window=1 maps=1" "window=1 base=0x100"
load_modules
bind_all
expect_outcomes 0x3 no-window
expect_cedt_errors "0x3 .*is in no window"
cxla status --json >/tmp/status
expect_replies /tmp/status
grep -q '"arithmetic": "xor"' /tmp/status || fail "cxla status does not say how the window picks"
