# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. For each write to sysfs that ends a range or begins
# one: the process is killed while it is in the middle of ours, which its stack
# tells. What is left is whole: a device is attached, with its region, or there is
# nothing of it; and with all undone nothing is left over. A write that had been
# over already does not count, and some of each kind have to.
# shellcheck source=/dev/null
. ./triggers.sh

ROOT=/sys/bus/platform/drivers/cxla_acpi
PORTS=/sys/bus/cxla/drivers/cxla_port
NEEDED=2

# each device has all of its range, or nothing; as many regions as there are ranges
whole() {
	local state=none
	[ ! -e "$PCI/$2/cxla/state" ] || state=$(cat "$PCI/$2/cxla/state")
	case $state in
	attached)
		check_outcome "$@" >/dev/null
		region_at "$5" >/dev/null || fail "$2 is attached, and has no region"
		;;
	pci-only | none)
		! memdev_of "$2" >/dev/null || fail "$2 is $state, and has a memdev"
		! region_at "$5" >/dev/null || fail "$2 is $state, and has a region"
		;;
	*)
		fail "$2 is $state"
		;;
	esac
}

expect_whole() {
	flush
	each_device whole
}

# as it was: ADDRESS is bound again, whatever is left of it
restore() {
	[ -e $ROOT/ACPI0017:00 ] || echo ACPI0017:00 >$ROOT/bind
	[ ! -e "$BUS/$port" ] || [ -e "$BUS/$port/driver" ] || echo "$port" >$PORTS/bind
	flush
	unbind_all
	each_device bind_one
	each_device check_outcome >/dev/null
}

# one try; the next one comes later, or earlier if this one was too late
kill_once() {
	tries=$((tries + 1))
	cxla-guest killed "$path" "[cxla_" $delay "$text"
	case $? in
	0)
		hits=$((hits + 1))
		delay=$((delay * 5 / 3 + 7))
		;;
	4) delay=$((delay / 2)) ;;
	5) ;;
	*) fail "$1: the writer could not be killed" ;;
	esac
}

# kill_in NAME: what, prepared by prepare_NAME, which sets path, text
kill_in() {
	hits=0 delay=50 tries=0
	while [ $hits -lt $NEEDED ] && [ $tries -lt 200 ]; do
		"prepare_$1"
		kill_once "$1"
		expect_whole
		restore
		expect_snapshot
	done
	[ $hits -ge $NEEDED ] || fail "$1: killed inside $hits times, not $NEEDED"
	echo "$1: killed inside $hits of $tries times"
}

prepare_bind() {
	unbind "$first"
	echo cxla_accel >"$PCI/$first/driver_override"
	path=/sys/bus/pci/drivers_probe text=$first
}

prepare_unbind() {
	path=/sys/bus/pci/drivers/cxla_accel/unbind text=$first
}

prepare_unbind_root() {
	path=$ROOT/unbind text=ACPI0017:00
}

prepare_bind_root() {
	echo ACPI0017:00 >$ROOT/unbind
	flush
	path=$ROOT/bind text=ACPI0017:00
}

prepare_unbind_port() {
	path=$PORTS/unbind text=$port
}

prepare_bind_port() {
	echo "$port" >$PORTS/unbind
	flush
	path=$PORTS/bind text=$port
}

prepare_unbind_endpoint() {
	path=$PORTS/unbind text=$(endpoint_of "$first")
}

prepare_unbind_memdev() {
	path=/sys/bus/cxla/drivers/cxla_mem/unbind text=$(memdev_of "$first")
}

# kill_in_loop PATH TEXT TEXT: writes that may be repeated, after $delay us of them
kill_in_loop() {
	local status=5
	while [ $status = 5 ]; do
		status=0
		cxla-guest killed -l "$1" "[cxla_" "$delay" "$2" "$3" || status=$?
	done
	[ $status = 0 ] || fail "${1##*/}: not killed inside"
	echo "${1##*/}: killed inside"
}

load_modules
bind_all
each_device check_outcome
first=$(first_attached)
port=$(port_of "$first")
take_snapshot /tmp/snapshot
for what in unbind bind unbind_root bind_root unbind_port bind_port unbind_endpoint unbind_memdev; do
	kill_in $what
done
for delay in 0 50 300; do
	kill_in_loop "$PCI/$first/cxla/on_loss" unbind pci-only
	echo reattach >"$PCI/$first/cxla/on_loss"
	kill_in_loop "$BUS/$(region_of "$first")/commit" 0 0
	outcome_as_expected "$first"
done
expect_snapshot

# the others need a region that nobody is attached to
bind_expander() {
	bind "$2" cxla_pci
}
collect_unlocked() {
	[ "$3" = attached ] && [ "$7" = 0 ] && echo "$2"
}
unbind_all
each_device bind_expander
take_snapshot /tmp/snapshot
first=$(each_device collect_unlocked | tail -n 1)
region=$(region_of "$first")
root=$(readlink -f "$BUS/$region")
root=${root%/*}
for delay in 0 30 70 150 300 500 900 1500 2500 4000; do
	kill_in_loop "$BUS/$region/commit" 0 1
	echo 1 >"$BUS/$region/commit" || fail "a region can't be committed after a killed writer"
	expect_equal "committed decoders, in registers" "$(in_registers "$first")" 1
	expect_snapshot
done
path=$root/delete_region hits=0 delay=20 tries=0
while [ $hits -lt $NEEDED ] && [ $tries -lt 200 ]; do
	text=$(region_of "$first")
	kill_once delete_region
	[ ! -e "$BUS/$text" ] || fail "$text is left"
	unbind "$first"
	bind "$first" cxla_pci
	expect_snapshot
done
[ $hits -ge $NEEDED ] || fail "delete_region: killed inside $hits times"
echo "delete_region: killed inside $hits of $tries times"
