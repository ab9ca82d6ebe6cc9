# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology of expanders. The node of a memdev takes the commands of linux/cxl_mem.h: those
# that the device has, of their sizes; raw ones are refused, and what would take memory from
# who uses it. That of an accelerator, which has no mailbox, has
# none.
# shellcheck source=/dev/null
. ./lib.sh

node_of_memdev() {
	echo "/dev/cxla/$(basename "$(echo "$PCI/$1"/mem[0-9]*)")"
}
ask() {
	cxla-guest command "$(node_of_memdev "$1")" >/tmp/got || fail "$1 can't be asked"
}

# with a mailbox, which has all this
ask_expander() {
	bind "$1" cxla_pci
	ask "$1"
	# a device that has no such command is not asked
	sed -i 's/^partition Inappropriate.*/partition Device or resource busy/' /tmp/got
	diff /tmp/wanted /tmp/got || fail "the node of an expander answers otherwise"
	# somebody has it open while the device goes
	exec 3<>"$(node_of_memdev "$1")"
	unbind "$1"
	exec 3>&-
}
# attached: without its range it has no memdev
ask_accelerator() {
	bind "$1"
	[ "$(cat "$PCI/$1/cxla/state")" = attached ] || fail "$1 is not attached"
	ask "$1"
	expect_equal "answers of an accelerator" \
		"$(grep -v "^many\|^returned" /tmp/got | cut -d' ' -f2- | sort -u)" \
		"No such device or address"
	unbind "$1"
}
ask_one() {
	if is_accelerator "$2"; then
		ask_accelerator "$2"
	else
		ask_expander "$2"
	fi
}

load_modules
cat >/tmp/wanted <<TOLD
count done
many yes
first done
identify done
returned 0, and said who it is
short Cannot allocate memory
long Cannot allocate memory
reserved Invalid argument
nowhere Bad address
raw Operation not permitted
unknown Inappropriate ioctl for device
partition Device or resource busy
TOLD
each_device ask_one
