# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology one-bridge, whose devices in-tree drivers have. What userspace/HARDWARE.md says of
# `cxla selftest`, as it is there.
# shellcheck source=/dev/null
. ./pages.sh
# shellcheck source=/dev/null
. ./selftest_machine.sh
selftest_prepare
cd "$(mktemp -d)" || fail "no folder to write into"
shown 'cxla selftest --dry-run 0000:0d:00.0'
shown 'cxla selftest 0000:0d:00.0'
ls -l cxla-selftest-*.tar.gz || fail "no archive of that name"
[ "$(echo cxla-selftest-*)" = "$(echo cxla-selftest-*.tar.gz)" ] || fail "something is left beside it"
expect_as_it_was "the test of HARDWARE.md"
cd /opt/cxla/scenarios || fail "no folder of scenarios"
unload_in_tree
