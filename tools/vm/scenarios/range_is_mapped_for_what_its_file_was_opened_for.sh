# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. A range is mapped shared, for reading by a file that
# was opened for reading, as a device of device-dax is, and for writing by one that may
# write. It is never mapped privately, and nothing is executed from it, now or later.

# expect_mapped ANSWER OPEN PROT shared|private [PROT LATER]
expect_mapped() {
	local answer=$1
	shift
	expect_equal "mapped, $*" "$(cxla-guest mapped "$node" "$@")" "$answer"
}
check_node() {
	[ "$3" = attached ] || return 0
	node=$(node_of "$2")
	expect_mapped mapped r r shared
	expect_mapped mapped rw r shared
	expect_mapped mapped rw rw shared
	expect_mapped mapped rw r shared rw
	expect_mapped "mmap EACCES" r rw shared
	expect_mapped "mprotect EACCES" r r shared rw
	expect_mapped "mmap EINVAL" r r private
	expect_mapped "mmap EINVAL" rw rw private
	expect_mapped "mmap EPERM" rw rx shared
	expect_mapped "mmap EPERM" r rx shared
	expect_mapped "mprotect EACCES" r r shared rx
	expect_mapped "mprotect EACCES" rw rw shared rwx
	checked=$((checked + 1))
}

checked=0
load_modules
bind_all
each_device check_node
[ "$checked" -gt 0 ] || fail "no device of the topology is attached"
