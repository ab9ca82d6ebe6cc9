# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology. After everything was loaded, attached and unloaded again, modules,
# iomem, buses, drivers, nodes and the devices' own folders are what they were.

load_modules
bind_all
unload_modules || fail "not unloaded"
snapshot >/tmp/before
for _ in 1 2; do
	load_modules
	bind_all
	each_device check_outcome
	unload_modules || fail "not unloaded"
	snapshot >/tmp/after
	diff /tmp/before /tmp/after || fail "something stays, or went away"
done
if grep -qE '^cxla' /tmp/after; then
	fail "a module of ours is loaded"
fi
