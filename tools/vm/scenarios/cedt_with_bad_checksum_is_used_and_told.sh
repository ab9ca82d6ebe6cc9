# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. A checksum that does not match is told once; the table counts.

break_cedt "table checksum=1"
load_modules
bind_all
expect_outcomes
expect_cedt_errors "- ACPI0017:00: .*CEDT: checksum does not match"
