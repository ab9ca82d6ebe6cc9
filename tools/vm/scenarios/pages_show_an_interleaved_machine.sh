# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology interleaved-bridges, and 300 MiB of the first window Soft Reserved. One
# member of the interleaved region is bound as an expander; the host compares what
# the program says of that with the pages.

show() {
	echo "\$ $*"
	"$@"
}

cxla load --all --quiet && fail "two accelerators of three are interleaved, and attached"
show cxla detach 0000:0d:00.0 || fail "cxla detach"
show cxla attach --expander 0000:0d:00.0 || fail "cxla attach --expander"
show cxla status || fail "cxla status"
show cxla status --check && fail "cxla status --check finds nothing wrong"
show cxla ledger || fail "cxla ledger"
show cat /sys/kernel/debug/cxla/ledger || fail "the ledger in debugfs"
show cxla unload || fail "cxla unload"
