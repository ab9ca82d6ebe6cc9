# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. A reserved number of ways in one window, an unknown arithmetic in
# another: each is told and left out, the third works.

break_cedt "window=0 ways=7" "window=1 arithmetic=9"
load_modules
bind_all
expect_outcomes 0x1 no-window 0x2 no-window
expect_cedt_errors "- ACPI0017:00: .*CEDT entry at 0x[0-9a-f]*, type 1: CFMWS: reserved number of ways" \
	"- ACPI0017:00: .*CEDT entry at 0x[0-9a-f]*, type 1: CFMWS: unknown arithmetic" \
	"0x1 .*decoder.*is in no window" "0x2 .*decoder.*is in no window"
