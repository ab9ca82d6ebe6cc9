# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with a device that firmware committed nothing for. It stays bound,
# PCI-only, with the reason, no range, no memory to map, and no region.

uncommitted=0
check() {
	[ "$3" = pci-only ] || return 0
	check_outcome "$@"
	[ -e "$PCI/$2/driver" ] || fail "$2 is unbound"
	if cxla-guest pattern write "$(node_of "$2")" 1; then
		fail "$2 lets itself be mapped"
	fi
	uncommitted=$((uncommitted + 1))
}

load_modules
bind_all
each_device check
[ "$uncommitted" -gt 0 ] || fail "the topology has no uncommitted device"
