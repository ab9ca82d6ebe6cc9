# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. A window's target is no host bridge: told for the window, and for the
# device whose range is there.

break_cedt "window=1 target=999"
load_modules
bind_all
expect_outcomes 0x2 route-mismatch
expect_cedt_errors "- ACPI0017:00: .*window .*: no host bridge 999" \
	"0x2 .*decoder.*does not route"
