# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with attached devices. Marks each bind in QEMU's trace and prints the
# driver's own count of it; the host compares.

count=0
count_one() {
	[ "$3" = attached ] || return 0
	cxla-guest mark 1
	bind "$2"
	cxla-guest mark 2
	echo "COUNT $1 $2 $(cxla-guest info "$(node_of "$2")" | grep -E '^(mmio|cfg)_' | tr '\n' ' ')"
	unbind "$2"
	count=$((count + 1))
}

# the first time, the PCI core saves what error recovery restores: not ours to count
bind_once() {
	bind "$2"
	unbind "$2"
}

load_modules
each_device bind_once
each_device count_one
each_device count_one
[ "$count" -gt 0 ] || fail "no device was attached"
