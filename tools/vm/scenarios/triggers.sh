# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the scenarios about the end of a range share; sourced by each of them. Not
# a scenario by itself.
#
# A range that ends has a user, who maps it, and a reader of its events. The
# trigger is pulled, then all of them are asked what they saw.

TRACING=/sys/kernel/tracing

# users and readers don't outlive the scenario: they keep modules in use
trap 'end_all' EXIT
end_all() {
	local file pid
	[ ! -e $PROVE_LOCKING ] || echo 1 >$PROVE_LOCKING
	for file in /tmp/hold.*.pid /tmp/events.*.pid; do
		[ -e "$file" ] || continue
		read -r pid <"$file"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		rm -f "$file"
	done
}

# every object of ours that can be counted; names are in it, as an object that is
# not released keeps its number
snapshot() {
	local dev line name rest refs path override
	while read -r name rest refs rest; do
		case $name in
		cxla_*) echo "module $name $refs" ;;
		esac
	done </proc/modules
	for dev in "$BUS"/*; do
		[ -e "$dev/devtype" ] || continue
		read -r line <"$dev/devtype"
		echo "device ${dev##*/} $line"
	done
	# which of two that came back has which number is not what counts here
	while read -r line; do
		case $line in
		*": region"*) line="${line%region*}region" ;;
		*": endpoint"*) line="${line%endpoint*}endpoint" ;;
		esac
		echo "iomem $line"
	done </proc/iomem
	for path in /dev/cxla/* /sys/class/cxla_node/*; do
		[ ! -e "$path" ] || echo "node ${path##*/}"
	done
	for dev in "$PCI"/*; do
		read -r override <"$dev/driver_override"
		[ "$override" = "(null)" ] && continue
		for path in "$dev"/*; do
			case $path in
			*/mem[0-9]*) path=$dev/mem ;;
			esac
			echo "file ${path#"$PCI"/}"
		done
	done
	while read -r name line rest; do
		case $name in
		*cxla*) echo "cache $name $line" ;;
		esac
	done </proc/slabinfo
}

# take_snapshot FILE: with nothing under way
take_snapshot() {
	flush
	snapshot | sort >"$1"
	[ -s "$1" ] || fail "nothing to count"
}

# the same objects as before
expect_snapshot() {
	take_snapshot /tmp/snapshot.after
	diff /tmp/snapshot /tmp/snapshot.after || fail "the snapshot is another one"
}

# wait until drivers that lost their range have been told, or unbound
flush() {
	echo 1 >/sys/bus/cxla/flush
}

# With DEBUG_KOBJECT_RELEASE each object is released up to four seconds after its last
# reference was dropped, then its parent, and so on; until then it keeps its number from
# the next one. Before what the snapshot is to know again by its number: wait.
all_released() {
	[ -n "$RELEASED_LATE" ] ||
		RELEASED_LATE=$(zcat /proc/config.gz 2>/dev/null | grep -c '^CONFIG_DEBUG_KOBJECT_RELEASE=y')
	[ "$RELEASED_LATE" -eq 0 ] || sleep 25
}

# where the kernel's own orders of locks are not free of circles lockdep would tell of
# those, once, and of nothing after it
PROVE_LOCKING=/proc/sys/kernel/prove_locking
without_lock_orders() {
	[ ! -e $PROVE_LOCKING ] || echo 0 >$PROVE_LOCKING
}

# the first device of the topology, whatever is expected of it
first_device() {
	each_device address_only | head -n 1
}

address_only() {
	echo "$2"
}

# as they were read last
expect_ports_idle() {
	local port
	for port in "$BUS"/port[0-9]*; do
		expect_equal "committed decoders of ${port##*/}" "$(cat "$port/decoders_committed")" 0
	done
}

# eventually COMMAND...: as long as what is asynchronous takes at most
eventually() {
	within 10 "$@"
}

has() {
	grep -q "$2" "$1" 2>/dev/null
}

# address of the first device that the topology says is attached
first_attached() {
	local serial state rest
	while read -r serial state rest; do
		[ "$state" = attached ] || continue
		address_of "$serial"
		return
	done </etc/cxla/expect
	fail "no device of the topology is attached"
}

# what the topology file says of a device: SERIAL ADDRESS STATE ... to COMMAND
for_address() {
	WANTED_ADDRESS=$1
	shift
	each_device only_wanted "$@"
}

only_wanted() {
	local command=$1
	[ "$3" = "$WANTED_ADDRESS" ] || return 0
	shift
	"$command" "$@"
}

outcome_as_expected() {
	for_address "$1" check_outcome
}

expect_state() {
	expect_equal "state of $1" "$(cat "$PCI/$1/cxla/state")" "$2"
	expect_equal "reason of $1" "$(cat "$PCI/$1/cxla/reason")" "$3"
	[ "$2" = attached ] || expect_equal "range of $1" "$(cat "$PCI/$1/cxla/range")" ""
}

driver_of() {
	local link
	link=$(readlink "$PCI/$1/driver") || return 0
	echo "${link##*/}"
}

# names of the objects above an attached device
memdev_of() {
	local dev
	for dev in "$PCI/$1"/mem[0-9]*; do
		[ -e "$dev" ] && echo "${dev##*/}" && return
	done
	return 1
}

endpoint_of() {
	local dev memdev serial wanted
	memdev=$(memdev_of "$1") || return 1
	read -r wanted <"$PCI/$1/$memdev/serial"
	for dev in "$BUS"/endpoint*; do
		read -r serial <"$dev/uport/serial" || continue
		[ "$serial" = "$wanted" ] && echo "${dev##*/}" && return
	done
	return 1
}

# the port that its endpoint hangs off
port_of() {
	local path
	path=$(readlink -f "$BUS/$(endpoint_of "$1")")
	path=${path%/*}
	echo "${path##*/}"
}

region_of() {
	local decoder region
	for decoder in "$BUS/$(endpoint_of "$1")"/decoder[0-9]*; do
		read -r region <"$decoder/region" || continue
		[ -z "$region" ] || { echo "$region" && return; }
	done
	return 1
}

reason_is() {
	[ "$(cat "$PCI/$1/cxla/reason")" = "$2" ]
}

in_registers() {
	cxla-guest decoders "$1"
}

# what firmware would do for a device that has forgotten its decoder
recommit() {
	local serial window offset size _
	while read -r serial _ _ window offset size _; do
		[ "$(address_of "$serial")" = "$1" ] || continue
		echo "fault at=endpoint serial=$serial decoder=0 window=$window" \
			"offset=$offset size=$size committed=1" >/tmp/recommit
	done </etc/cxla/expect
	cxl-firmware /tmp/recommit >/tmp/recommit.log 2>&1 ||
		fail "$1 can't be committed again: $(cat /tmp/recommit.log)"
	expect_equal "committed decoders of $1" "$(in_registers "$1")" 1
}

# each trigger begins with the same: loaded, attached, counted, used, watched
HELD=
begin() {
	[ -n "$MODULES_LOADED" ] || load_modules
	MODULES_LOADED=1
	bind_all
	each_device check_outcome >/dev/null
	take_snapshot /tmp/snapshot
	watch "$@"
}

# watch ADDRESS...: a user and a reader of each, and the trace
watch() {
	local address
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/events/cxla/enable"
	echo 1 >"$TRACING/tracing_on"
	HELD=
	for address in "$@"; do
		# what an earlier one said is not what this one says
		rm -f "/tmp/hold.$address" "/tmp/events.$address"
		cxla-guest hold "$(node_of "$address")" >"/tmp/hold.$address" 2>&1 &
		echo $! >"/tmp/hold.$address.pid"
		cxla-guest events "$(node_of "$address")" >"/tmp/events.$address" 2>&1 &
		echo $! >"/tmp/events.$address.pid"
		HELD="$HELD $address"
	done
	for address in "$@"; do
		eventually has "/tmp/hold.$address" "^holding" ||
			fail "$address: its range can't be touched: $(cat "/tmp/hold.$address")"
		eventually has "/tmp/events.$address" "^attach" ||
			fail "$address: the reader was not told of its attach"
	done
}

events_of() {
	local what rest all=
	while read -r what rest; do
		all="$all${all:+ }$what"
	done <"/tmp/events.$1"
	echo "$all"
}

saw_events() {
	[ "$(events_of "$1")" = "$2" ]
}

expect_events() {
	eventually saw_events "$1" "$2" || fail "$1: readers saw '$(events_of "$1")', not '$2'"
}

# the range is gone: SIGBUS, and the events that are named
expect_lost() {
	eventually has "/tmp/hold.$1" "^sigbus" || fail "$1: its user is not answered by SIGBUS"
	expect_events "$1" "$2"
}

expect_kept() {
	! has "/tmp/hold.$1" "^sigbus" || fail "$1: its user was answered by SIGBUS"
	expect_events "$1" "attach"
}

# what each user says in the end; its mapping of a range that went is never
# good for another one, also when that is the same device's
release() {
	local address pid verdict
	for address in $HELD; do
		read -r pid <"/tmp/hold.$address.pid"
		kill -TERM "$pid"
		wait "$pid"
		rm -f "/tmp/hold.$address.pid"
		verdict=$(tail -n 1 "/tmp/hold.$address")
		expect_equal "user of $address" "$verdict" "end: ${1:-gone for good}"
		read -r pid <"/tmp/events.$address.pid"
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		rm -f "/tmp/events.$address.pid"
	done
	HELD=
}

# steps of the ends of ranges, from the trace: "revoke mem0", "del region0", ...
steps() {
	awk '/cxla_revoke:/ { print "revoke", $NF } /cxla_detach:/ { print "detach", $NF }
		/cxla_region_del:/ { for (i = 1; i <= NF; i++)
			if ($i ~ /^region[0-9]+$/) print "del", $i }' "$TRACING/trace"
}

# expect_once MEMDEV REGION [detach]: revoked, unregistered, and detached, each
# once and in this order
expect_once() {
	local wanted="revoke $1
del $2${3:+
detach $1}"
	steps | grep -wE "$1|$2" >/tmp/steps
	expect_equal "steps of $1" "$(cat /tmp/steps)" "$wanted"
}

# all devices attached, as before the trigger, and nothing more than then. They
# are bound anew, as users of an old range have kept numbers from the next one.
undone() {
	release "$1"
	unbind_all
	all_released
	bind_all
	each_device check_outcome >/dev/null
	expect_snapshot
}

# ends_detached ADDRESS MEMDEV REGION: what is above the range was unbound by hand. The
# region goes once, the accelerator goes on PCI-only, and nothing is left.
ends_detached() {
	flush
	expect_lost "$1" "attach revoke detach"
	expect_state "$1" pci-only revoked
	[ ! -e "$BUS/$3" ] || fail "$3 is left"
	expect_once "$2" "$3" detach
	unbind "$1"
	undone ""
}
