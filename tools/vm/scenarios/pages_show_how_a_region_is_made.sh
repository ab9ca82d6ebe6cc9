# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology nothing-committed. The command of userspace/USING.md, as it is there.
# shellcheck source=/dev/null
. ./pages.sh

cxla load || fail "cxla load"
shown 'cxla attach --create 0000:0d:00.0'
cxla unload || fail "cxla unload"
