# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology one-bridge. The inside of `make run` succeeds; the host compares what
# it prints with README.md.

sh /opt/cxla/scenarios/demo.sh 2 || fail "demo.sh"
