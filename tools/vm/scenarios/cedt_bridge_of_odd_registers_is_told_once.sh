# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. Bridge 12 has registers of a length that no bridge has, bridge 32 is
# of a version that is unknown. Each cause makes one line; the devices below have the
# reason, the program says what is wrong with the bridge, and bridge 52 works.

break_cedt "bridge=12 size=0x20000" "bridge=32 version=7"
load_modules
bind_all
expect_outcomes 0x1 port-disabled 0x2 port-disabled
expect_cedt_errors "- host bridge 12 left out: CHBS: component registers are not 64 KiB long" \
	"- host bridge 32 left out: CHBS: unknown version"
cxla status >/tmp/status
grep -q "leads to host bridge 12: CHBS: component registers are not 64 KiB long" /tmp/status ||
	fail "status does not say it: $(cat /tmp/status)"
! grep -q "not in the CEDT" /tmp/status || fail "status says that it is not in the table"
