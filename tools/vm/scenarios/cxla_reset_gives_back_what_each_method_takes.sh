# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. `cxla reset` says what it reaches, resets the device
# by each method that it has, CXL Reset first, and reports that all came back; as an
# accelerator and as an expander, whose regions do. One that is in use is left alone
# unless that is allowed, and one that is stuck, or ends with an error, is told.
# How far one is that takes long is told.
# shellcheck source=/dev/null
. ./triggers.sh

# cxla_reset STATUS WORDS...
cxla_reset() {
	local wanted=$1 status=0
	shift
	cxla reset "$@" --json >/tmp/reply 2>/tmp/errors || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "cxla reset $*: status $status, not $wanted: $(cat /tmp/reply /tmp/errors)"
	expect_replies /tmp/reply
}
methods_of() {
	read -r methods <"$PCI/$1/reset_method"
	for method in $methods; do
		case $method in
		flr | bus) echo "$method" ;;
		esac
	done
	! is_accelerator "$1" || echo cxl
}
# not every slot can reset its bus
by_each_method() {
	local method
	for method in $(methods_of "$1"); do
		cxla_reset 0 "$1" --method "$method" --dry-run
		if [ "$method" = bus ] && ! cxla reset "$1" --method bus >/tmp/reply 2>&1; then
			grep -q "Inappropriate ioctl" /tmp/reply || fail "bus: $(cat /tmp/reply)"
			continue
		fi
		[ "$method" = bus ] || cxla_reset 0 "$1" --method "$method"
		echo "$1 by $method: done"
	done
}

# its memory is ready a while after
slow_reset_is_told() {
	local pid
	memory_becomes_active_later "$1"
	cxla reset "$1" --method cxl >/tmp/reply 2>/tmp/errors &
	pid=$!
	sleep 3
	kill -USR1 $pid || fail "it did not wait for memory: $(cat /tmp/reply /tmp/errors)"
	sleep 1
	set_fault "$1" config-mask 0
	wait $pid || fail "it ended with $?: $(cat /tmp/reply /tmp/errors)"
	grep -q "^resetting $1 by cxl: [0-9]* s" /tmp/errors || fail "how far it is: $(cat /tmp/errors)"
	outcome_as_expected "$1"
}

load_modules
bind_all
first=$(first_accelerator)
by_each_method "$first"
outcome_as_expected "$first"
cxla reset "$first"

# its readers are told of what is to come only
unbind "$first"
bind "$first"
watch "$first"
cxla_reset 3 "$first"
grep -q '"in-use"' /tmp/reply || fail "who has it open is not told: $(cat /tmp/reply)"
expect_kept "$first"
cxla_reset 0 "$first" --in-use
expect_lost "$first" "attach revoke detach attach"
release
if is_accelerator "$first"; then
	set_fault "$first" reset-fails true
	cxla_reset 1 "$first" --method cxl
	grep -q "CXL Reset of $first" /tmp/reply || fail "the error is not told: $(cat /tmp/reply)"
	set_fault "$first" reset-fails false
	outcome_as_expected "$first"
	slow_reset_is_told "$first"
fi

unbind "$first"
cxla attach --expander "$first" || fail "$first can't be an expander"
by_each_method "$first"
expect_equal "regions of $first" "$(region_of "$first" | wc -l)" 1
unbind "$first"
bind "$first"
outcome_as_expected "$first"
for_address "$first" write_pattern
for_address "$first" check_pattern
