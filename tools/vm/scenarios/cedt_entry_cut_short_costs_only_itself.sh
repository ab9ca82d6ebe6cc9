# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. The table ends within its last entry: it is told, and those in front
# of it count.

break_cedt "table shorter=8"
load_modules
bind_all
expect_outcomes 0x3 no-window
expect_cedt_errors "- ACPI0017:00: .*CEDT entry at 0x[0-9a-f]*, type 1: entry is cut short" \
	"0x3 .*decoder.*is in no window"
