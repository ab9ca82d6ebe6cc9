# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology. A capture that is taken before anything is loaded, while devices are
# attached, and while in-tree drivers have them: `cxla status`, `cxla ledger` and
# `cxla load --all --dry-run` say the same from it as of the machine. To take it needs less
# than 5 MiB, and leaves decoders, devices and the kernel's log as they were.

same() {
	local command=$1
	shift
	# shellcheck disable=SC2086	# words
	cxla $command --json "$@" >/tmp/there 2>/dev/null
	# shellcheck disable=SC2086
	cxla $command --json --from /tmp/capture "$@" >/tmp/here 2>/dev/null
	expect_replies /tmp/there /tmp/here
	diff /tmp/there /tmp/here >/tmp/diff ||
		fail "$when: cxla $command says something else from the capture: $(head -n 20 /tmp/diff)"
}
registers() {
	local dev
	for dev in "$PCI"/*; do
		cxla-guest decoders "${dev##*/}" all 2>/dev/null
		md5sum "$dev/config" | cut -d ' ' -f 1
	done
}
answers() {
	when=$1
	registers >/tmp/registers.before
	cxla capture /tmp/capture >/tmp/told || fail "$when: no capture: $(cat /tmp/told)"
	registers >/tmp/registers.after
	cmp /tmp/registers.before /tmp/registers.after || fail "$when: the capture has changed a register"
	size=$(wc -c </tmp/capture)
	[ "$size" -lt $((5 << 20)) ] || fail "$when: the capture has $size bytes"
	echo "$when: $size bytes; $(grep -c "not in it" /tmp/told) could not be read"
	same status
	same ledger
	same "load --all --dry-run"
}

# the first look at a device enables what is needed to look
registers >/dev/null
answers "with nothing loaded"
load_modules
bind_all
answers "with devices attached"
unbind_all
unload_modules
load_in_tree
answers "with in-tree drivers"
unload_in_tree
