# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with attached devices. A different pattern goes into each range
# first, then each is read back; the host looks into the backend files afterwards.

write_one() {
	[ "$3" = attached ] || return 0
	cxla-guest pattern write "$(node_of "$2")" "$(tag_of "$1")"
}

check_one() {
	[ "$3" = attached ] || return 0
	cxla-guest pattern check "$(node_of "$2")" "$(tag_of "$1")"
}

load_modules
bind_all
each_device write_one
each_device check_one
