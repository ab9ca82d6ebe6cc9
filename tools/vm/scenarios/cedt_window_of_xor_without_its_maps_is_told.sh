# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology interleaved-bridges. The window over two bridges picks by XOR, and the CEDT
# has no map for that: told once, for the window. What is interleaved in it has no region;
# the other window is as it was.

break_cedt "window=0 arithmetic=1"
load_modules
bind_all
expect_outcomes 0x1 route-mismatch 0x2 route-mismatch
expect_cedt_errors "- ACPI0017:00: .*window .* picks by XOR, and CEDT has 0 of 1 maps for 256 bytes"
