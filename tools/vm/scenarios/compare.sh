# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# compare.sh STACK DRIVER TASK...: what tools/compare has observed of one stack, "ours" or
# "in-tree", with one driver of accelerators. Not a scenario by itself. The topology's
# first device is the one that things are done to, and it is attached.
#
# A task is an observation (see_NAME in compare-seen.sh), each from everything loaded
# anew and decoders as firmware left them; or accesses=N. What the host reads:
#
#   :: begin NAME
#   SEEN TEXT	what came of it
#   KERNEL TEXT	what the kernel had to say
#   HUNG TEXT	where it waits, and does not return
#   :: end NAME
#
# After a report the detectors are off, and after a hang nothing can be done any more:
# then this ends, with status 9, and the host starts a machine for the rest.

cd /opt/cxla/scenarios || exit 125
# shellcheck source=/dev/null
. ./lib.sh
# shellcheck source=/dev/null
. ./compare-seen.sh

STACK=$1
DRIVER=$2
shift 2

case $STACK in
ours)
	S=cxla
	STACK_MODULES="cxla_core cxla_port cxla_mem cxla_acpi"
	;;
in-tree)
	S=cxl
	# with cxl_acpi before cxl_port there would be no endpoints
	STACK_MODULES="cxl_port cxl_acpi cxl_mem"
	;;
*) fail "no stack is called $STACK" ;;
esac
BUS=/sys/bus/$S/devices
DRIVERS=/sys/bus/$S/drivers
ROOT_DRIVER=/sys/bus/platform/drivers/${S}_acpi
ROOT=ACPI0017:00
PATIENCE=90

read -r SERIAL _ _ WINDOW OFFSET SIZE _ </etc/cxla/expect
SIZE=$((SIZE))
START=$(($(cxla-guest window "$WINDOW") + OFFSET))
WANTED=$(range_text "$START" "$SIZE")
A=$(address_of "$SERIAL")

load_driver() {
	case $DRIVER in
	cxla_accel) modprobe cxla_accel ;;
	*) modprobe "$DRIVER" "capacity=$SIZE" ;;
	esac || fail "$DRIVER does not load"
}

load_stack() {
	local m
	for m in ${1:-$STACK_MODULES}; do
		modprobe "$m" || fail "$m does not load"
	done
	load_driver
}

# what nothing is bound to any more, and decoders as firmware had them
unload_stack() {
	local m
	[ -e "$PCI/$A" ] || echo 1 >/sys/bus/pci/rescan
	unload_modules || return 1
	# cxl_pmem comes by itself
	for m in cxl_mem cxl_acpi cxl_port cxl_pmem cxl_core; do
		! grep -q "^$m " /proc/modules || rmmod "$m" || return 1
	done
	cxl-firmware /etc/cxla/plan >/tmp/firmware 2>&1 || {
		cat /tmp/firmware
		return 1
	}
}

bind_driver() {
	bind "$A" "$DRIVER" 2>/tmp/bind
}

driver_name() {
	local link
	link=$(readlink "$PCI/$A/driver") || return 0
	echo "${link##*/}"
}

bound() {
	[ "$(driver_name)" = "$DRIVER" ]
}

# the range that its driver was given, as far as it is told: in sysfs, or by the last
# line that the sample left in the log
range_given() {
	local line
	if [ -e "$PCI/$A/cxla/range" ]; then
		cat "$PCI/$A/cxla/range"
		return
	fi
	bound || return 0
	line=$(scenario_log | grep "$DRIVER $A: \(CXL memory at\|no CXL\)" | tail -n 1)
	case $line in
	*"CXL memory at ["*)
		line=${line##*\[}
		echo "${line%]*}"
		;;
	esac
}

# a behaviour begins here: everything loaded, attached
attach() {
	load_stack
	bind_driver
	bound || fail "not bound to $DRIVER: $(cat /tmp/bind)"
	expect_equal "range" "$(range_given)" "$WANTED"
}

region_of_range() {
	region_at "$START" || echo "no region"
}

memdev_of() {
	basename "$(ls -d "$PCI/$A"/mem[0-9]*)"
}

endpoint_of() {
	local dev memdev
	memdev=$(memdev_of)
	for dev in "$BUS"/endpoint*; do
		[ "$(basename "$(readlink "$dev/uport")")" = "$memdev" ] && echo "${dev##*/}" && return
	done
	return 1
}

# "driver bound, region there, decoder committed"
state_now() {
	local driver=unbound region=gone decoder=reset
	! bound || driver=bound
	region_at "$START" >/dev/null && region=there
	[ "$(cxla-guest decoders "$A" 2>/dev/null)" = 1 ] && decoder=committed
	if [ -e "$PCI/$A/cxla/state" ]; then
		driver="$driver ($(cat "$PCI/$A/cxla/state"))"
	fi
	echo "driver $driver, region $region, decoder $decoder"
}

# nothing that was set off is on its way any more
settle() {
	! [ -e "/sys/bus/$S/flush" ] || echo 1 >"/sys/bus/$S/flush"
	sleep 1
	! [ -e "/sys/bus/$S/flush" ] || echo 1 >"/sys/bus/$S/flush"
}

# attempt TEXT FILE: "" when the write succeeded, else in words why not
attempt() {
	local words
	# a shell of its own: what a failing redirection says goes to standard error
	if words=$( (echo "$1" >"$2") 2>&1); then
		return 0
	fi
	echo "${words##*: }"
}

in_words() {
	echo "${1:-done}"
}

seen() {
	echo "SEEN $*"
}

# what the kernel said since the task began; the report itself before its frame
kernel_words() {
	scenario_log | tr -d '\r' | sed 's/^\[[^]]*\]\(\[[^]]*\]\)\? *//' >/tmp/log
	grep -E "WARNING:|BUG:|KASAN|possible (recursive|circular)|refcount_t:|ODEBUG|general protection|INFO: task .* blocked|corruption" /tmp/log |
		grep -vE "cxla-vm: scenario" | head -n 2
	! grep -qE "cut here|Call Trace" /tmp/log || echo "(with a call trace)"
}

# run_task NAME COMMAND...: in a shell that may hang
run_task() {
	local name=$1 pid left=$((PATIENCE * 4)) words
	shift
	echo "<6>cxla-vm: scenario $name" >/dev/kmsg
	echo ":: begin $name"
	("$@") >/tmp/task 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null && [ "$left" -gt 0 ]; do
		sleep 0.25
		left=$((left - 1))
	done
	cat /tmp/task
	words=$(kernel_words)
	[ -z "$words" ] || echo "$words" | sed 's/^/KERNEL /'
	if [ "$left" -eq 0 ]; then
		echo "HUNG $(sed -n 's/^\[<0>\] \([^+]*\).*/\1/p' "/proc/$pid/stack" | head -n 6 | tr '\n' ' ')"
		echo ":: end $name"
		exit 9
	fi
	if [ -n "$words" ]; then
		echo ":: end $name"
		exit 9
	fi
	echo ":: end $name"
	unload_stack >/tmp/unload.words 2>&1 || {
		sed 's/^/# /' /tmp/unload.words
		exit 9
	}
}

# N binds between markers in QEMU's trace; decoders have to stand when a driver lets go,
# and what only the first bind reads isn't counted
accesses() {
	local n=0
	load_stack
	bind_driver
	unbind "$A"
	while [ "$n" -lt "$1" ]; do
		cxla-guest mark 1
		bind_driver
		cxla-guest mark 2
		[ "$(range_given)" = "$WANTED" ] || fail "no range: are its decoders locked?"
		unbind "$A"
		n=$((n + 1))
	done
	seen "$A $n"
}

for task in "$@"; do
	case $task in
	accesses=*) run_task accesses accesses "${task#*=}" ;;
	*) run_task "$task" "see_$(echo "$task" | tr - _)" ;;
	esac
done
exit 0
