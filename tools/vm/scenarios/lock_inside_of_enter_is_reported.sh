# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, a kernel with lockdep. A driver attaches and takes
# the lock of its memdev between cxl_attach_enter() and cxl_attach_exit(): the
# boot's `expect_warnings` say what lockdep has to report, though nothing was unbound.
# shellcheck source=/dev/null
. ./triggers.sh

attach_with plant_guard
said() {
	kernel_said "took its lock inside"
}
eventually said || fail "the driver did not come to it"
