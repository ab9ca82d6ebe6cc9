# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology. Each device ends in the state, with the reason and the range that
# the topology file expects, at every one of three attaches.

load_modules
for _ in 1 2 3; do
	bind_all
	each_device check_outcome
	unbind_all
done
