# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. A host bridge of CXL 1.1 is no error: the device below it has the
# reason, the other bridges work.

break_cedt "bridge=12 version=0" "bridge=12 size=0x2000"
load_modules
bind_all
kernel_said "ACPI0017:00: host bridge 12 is CXL 1.1" || fail "it is not told"
expect_outcomes 0x1 restricted-host
expect_cedt_errors
