# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology, a kernel with kmemleak, after other scenarios: with all of our modules
# gone nothing that they allocated is left that nobody points to. What is found is a
# kernel warning, and fails the scenario as such.
tell_leaks || fail "there is no kmemleak"
