# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt, whose table has bridges 52, 32, 12. The last entry is about
# bridge 52 again: the first counts, which is told; bridge 12 has none, which is
# told, and the device below it stays PCI-only.

break_cedt "entry=2 uid=52"
load_modules
bind_all
expect_outcomes 0x1 port-disabled
expect_cedt_errors "- host bridge 52 has more than one CHBS, the first counts" \
	"- host bridge 12 left out: it has no CHBS"
