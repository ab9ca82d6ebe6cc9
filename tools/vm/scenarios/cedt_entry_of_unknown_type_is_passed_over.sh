# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. An entry of a type that is not known is no error, and the
# entries behind it count.

break_cedt "window=0 type=9"
load_modules
bind_all
expect_outcomes 0x1 no-window
expect_cedt_errors "0x1 .*decoder.*is in no window"
