# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. An entry of length 0 is told once, never walked in circles, and
# the entries in front of it count.

break_cedt "window=1 length=0"
load_modules
bind_all
expect_outcomes 0x2 no-window 0x3 no-window
expect_cedt_errors "- ACPI0017:00: .*CEDT entry at 0x[0-9a-f]*, type 1: entry is shorter than its header" \
	"0x2 .*decoder.*is in no window" "0x3 .*decoder.*is in no window"
