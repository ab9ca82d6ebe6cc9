# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt, whose table has bridges 52, 32, 12. The registers of bridge 12 are
# said to be those of bridge 52, the first in the table: bridge 12 is left out, which is
# told, and the device below it has the reason; the others work.

first=0x$(od -A n -t x8 -j 52 -N 8 /sys/firmware/acpi/tables/CEDT | tr -d ' ')
break_cedt "bridge=12 base=$first"
load_modules
bind_all
expect_outcomes 0x1 port-disabled
expect_cedt_errors "- ACPI0017:00: .*host bridge 12 left out: its registers at 0x[0-9a-f]* are those of 52"
