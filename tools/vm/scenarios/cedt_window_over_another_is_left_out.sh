# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. Of two windows with the same range the second is left out and told;
# the first works.

break_cedt "window=1 base=$(cxla-guest window 0)"
load_modules
bind_all
expect_outcomes 0x2 no-window
expect_cedt_errors "- window \[.*\] left out: it overlaps another" \
	"0x2 .*decoder.*is in no window"
