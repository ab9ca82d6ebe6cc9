# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# For scripts that build: what they need, or which packages are missing and what installs
# them. Sourced by tools/build-program and tools/kernel/modules, which have die, top, and
# what is built.

setup_hint() {
	local names
	names=$("$top/tools/setup" --missing --for machine 2>/dev/null) || names=
	[ -z "$names" ] || printf 'Missing packages: %s. ' "$names"
	echo "As root, 'make setup-machine' (tools/setup --for machine) installs what building needs"
}

# need PROGRAM...
need() {
	local program lacking=()
	for program; do
		command -v "$program" >/dev/null || lacking+=("$program")
	done
	[ ${#lacking[@]} -eq 0 ] || die "not installed: ${lacking[*]}. $(setup_hint)"
}

# own_folder PATH: what is built there is replaced, so it has to be ours
own_folder() {
	local other owner
	[ "$(id -u)" -ne 0 ] && [ -e "$top/build" ] || return 0
	other=$(find "$top/build" -maxdepth 0 ! -writable)
	if [ -z "$other" ] && [ -e "$1" ]; then
		other=$(find "$1" ! -type l ! -writable -print -quit)
	fi
	[ -n "$other" ] || return 0
	owner=$(stat -c %U "$other")
	die "$other belongs to $owner, whose build it was, and can't be replaced by $(id -un)." \
		"Give it away, as root: chown -R $(id -un) $top/build; or remove it, as root: rm -rf $top/build"
}
