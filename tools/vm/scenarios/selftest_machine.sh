# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scenarios about `cxla selftest` share: devices of a machine as its owner has them, and
# a short test of them.

# shellcheck source=/dev/null
. ./takeover_machine.sh

# where in-tree drivers bind memory expanders they have them; an accelerator has no driver
selftest_prepare() {
	command -v cxla >/dev/null || fail "the program is not built"
	DEVICES=
	each_device selftest_device
	if selftest_in_tree; then
		load_in_tree
	else
		modprobe cxl_acpi || fail "in-tree cxl_acpi does not load"
	fi
	selftest_now >/tmp/machine
	regions_now >/tmp/regions
}

selftest_device() {
	[ "$3" != attached ] || DEVICES="$DEVICES $2"
}

# are the devices such that in-tree drivers bind to them
selftest_in_tree() {
	grep -q 0x0502 "$PCI/${DEVICES##* }/class"
}

# every module, too, by name
selftest_now() {
	machine_now
	cut -d ' ' -f 1 /proc/modules | sort
}

regions_now() {
	local region
	for region in /sys/bus/cxl/devices/region*; do
		[ -e "$region" ] || continue
		echo "$(cat "$region/resource") $(cat "$region/size") $(cat "$region/commit")" \
			"$(basename "$(readlink "$region/driver" || echo none)")"
	done | sort
}

# what in-tree drivers find again comes in the background
expect_as_it_was() {
	local _
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		selftest_now >/tmp/machine.now
		regions_now >/tmp/regions.now
		cmp -s /tmp/machine /tmp/machine.now && cmp -s /tmp/regions /tmp/regions.now && return
		sleep 1
	done
	diff /tmp/machine /tmp/machine.now
	diff /tmp/regions /tmp/regions.now
	cat /tmp/out /tmp/errors
	fail "$1: the machine is another one"
}

# selftest OPTION...
selftest() {
	rm -rf /tmp/report /tmp/report.tar.gz /tmp/report.tar.gz.new
	# shellcheck disable=SC2086 # words
	cxla selftest --archive /tmp/report.tar.gz --cycles "${cycles:-5}" "$@" $DEVICES >/tmp/out 2>/tmp/errors
}
