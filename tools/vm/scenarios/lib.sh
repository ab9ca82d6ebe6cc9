# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scenarios share; sourced by each. A scenario ends with status 0, or by
# `fail`, or by `skip`. Whoever runs it unloads the modules afterwards.

PCI=/sys/bus/pci/devices
BUS=/sys/bus/cxla/devices
MODULES="cxla_core cxla_port cxla_mem cxla_acpi cxla_accel cxla_pci"

fail() {
	echo "FAIL: $*"
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# expect_equal WHAT GOT WANTED
expect_equal() {
	[ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}

# expect_replies FILE...: what `cxla --json` printed there is as its schema says
expect_replies() {
	check_reply /opt/cxla/lib/reply.schema.json "$@" || fail "a reply is not as its schema says"
}

# within SECONDS COMMAND...: until it is true
within() {
	local left=$(($1 * 4))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.25
	done
}

# the kernel log since this scenario began
scenario_log() {
	dmesg | awk '/cxla-vm: scenario/ { log_ = "" } { log_ = log_ $0 "\n" }
		END { printf "%s", log_ }'
}

# succeeds when a line of it matches
kernel_said() {
	scenario_log | grep -qE "$1"
}

# what kmemleak finds goes to the kernel log, where it is a warning. Objects younger
# than five seconds it does not report; what the first scan itself hides the second
# one finds. Fails when there is no such detector.
tell_leaks() {
	local leaks=/sys/kernel/debug/kmemleak line
	[ -e "$leaks" ] || return 1
	sleep 5
	echo scan >"$leaks"
	echo scan >"$leaks"
	while read -r line; do
		echo "<4>kmemleak: $line" >/dev/kmsg
	done <"$leaks"
}

# messages of this scenario of level err and worse, without level, time and caller
errors() {
	dmesg -r | awk '/cxla-vm: scenario/ { log_ = "" }
		match($0, /^<[0-9]+>/) && substr($0, 2, RLENGTH - 2) % 8 <= 3 {
			sub(/^<[0-9]+>\[[^]]*\](\[ *[TC][0-9]+\])? */, ""); log_ = log_ $0 "\n" }
		END { printf "%s", log_ }'
}

# expect_errors FILE: the log's errors are those of FILE, no more and no fewer. A
# line of it is a serial number, or a dash, and an expression, which matches one
# error; with a serial number this is the only error that names the device.
expect_errors() {
	local serial text address count
	errors >/tmp/errors
	: >/tmp/expected
	while read -r serial text; do
		address=
		if [ "$serial" != - ]; then
			address=$(address_of "$serial")
			count=$(grep -cF "$address" /tmp/errors)
			[ "$count" -eq 1 ] || { cat /tmp/errors
				fail "$count errors name $address ($serial), not one"; }
		fi
		grep -F "$address" /tmp/errors | grep -E "$text" >/tmp/matching
		count=$(wc -l </tmp/matching)
		[ "$count" -eq 1 ] || { cat /tmp/errors
			fail "$count errors${address:+ of $address ($serial)} say '$text', not one"; }
		cat /tmp/matching >>/tmp/expected
	done <"$1"
	grep -vxFf /tmp/expected /tmp/errors >/tmp/more || true
	if [ -s /tmp/expected ] && [ -s /tmp/more ]; then
		fail "an error that is not expected: $(head -n 1 /tmp/more)"
	fi
	if [ ! -s /tmp/expected ] && [ -s /tmp/errors ]; then
		fail "an error, and none is expected: $(head -n 1 /tmp/errors)"
	fi
	cat /tmp/expected
}

# put a CEDT with mistakes in the place of the platform's: each argument is one,
# in the firmware program's language; what was there before doesn't count
break_cedt() {
	local patch
	: >/tmp/cedt.plan
	for patch in "$@"; do
		echo "cedt $patch" >>/tmp/cedt.plan
	done
	rm -f /run/window.*
	cxl-firmware --cedt /run/cedt /tmp/cedt.plan || fail "the CEDT can't be changed"
}

restore_cedt() {
	[ -e /tmp/cedt.plan ] || return 0
	break_cedt table
	rm -f /tmp/cedt.plan
}

# expect_outcomes [SERIAL REASON]...: those devices are PCI-only with that reason,
# all others as the topology says
expect_outcomes() {
	OUTCOMES=" $* "
	each_device check_changed
}

check_changed() {
	local reason
	case $OUTCOMES in
	*" $1 "*)
		reason=${OUTCOMES#*" $1 "}
		check_outcome "$1" "$2" pci-only "${reason%% *}" 0 0 0
		;;
	*)
		check_outcome "$@"
		;;
	esac
}

# expect_cedt_errors [LINE]...: as expect_errors, with lines as arguments
expect_cedt_errors() {
	printf '%s\n' "$@" | grep . >/tmp/wanted
	expect_errors /tmp/wanted
}

# a device of device-dax can be mapped: it needs FS_DAX, which kernels with detectors are
# built without
can_map_dax() {
	[ ! -e /proc/config.gz ] || zcat /proc/config.gz | grep -q '^CONFIG_FS_DAX=y'
}

has_regions() {
	local region
	for region in "$BUS"/region*; do
		[ ! -e "$region" ] || return 0
	done
	return 1
}

# in the documented order, each by name and without the others' help
load_modules() {
	local m
	for m in ${1:-$MODULES}; do
		modprobe "$m" || fail "$m does not load"
	done
}

# whatever of ours is loaded, sample drivers included; unbinds first, as a
# module in use by a device would not go
unload_modules() {
	local dev m override rest
	# a process costs a hundredth of a second here: builtins where they will do
	: >/tmp/unload
	for dev in "$PCI"/*; do
		read -r override <"$dev/driver_override" && [ "$override" = "(null)" ] && continue
		[ -e "$dev/driver" ] && echo "${dev##*/}" >"$dev/driver/unbind"
		echo >"$dev/driver_override"
	done
	for m in $(sample_modules) cxla_pci cxla_accel cxla_acpi cxla_mem cxla_port cxla_core; do
		[ -d "/sys/module/$m" ] || continue
		rmmod "$m" >>/tmp/unload 2>&1 || rest="$rest $m"
	done
	[ -z "$rest" ] || { echo "can't be unloaded:$rest"; cat /tmp/unload; return 1; }
}

# the in-tree stack, with what the kernel has of it as modules; returns when each
# device of the topology is bound
load_in_tree() {
	local m
	for m in cxl_port cxl_acpi cxl_mem cxl_pci; do
		modprobe "$m" || fail "in-tree $m does not load"
	done
	for m in 1 2 3 4 5 6 7 8 9 10; do
		(each_device in_tree_bound) >/dev/null && break
		sleep 0.5
	done
	sleep 1
}

in_tree_bound() {
	expect_equal "driver of $2" "$(basename "$(readlink "$PCI/$2/driver")")" cxl_pci
}

unload_in_tree() {
	local m
	for m in cxl_pci cxl_mem cxl_acpi cxl_port; do
		! grep -q "^$m " /proc/modules || rmmod "$m" || fail "in-tree $m can't be unloaded"
	done
}

# modules in updates/ that are none of MODULES
sample_modules() {
	local path m release
	read -r release </proc/sys/kernel/osrelease
	for path in "/lib/modules/$release"/updates/*.ko; do
		m=${path##*/}
		m=${m%.ko}
		while [ "$m" != "${m#*-}" ]; do
			m=${m%%-*}_${m#*-}
		done
		case " $MODULES " in
		*" $m "*) ;;
		*) [ -e "$path" ] && echo "$m" ;;
		esac
	done
}

# bind ADDRESS [DRIVER]
bind() {
	echo "${2:-cxla_accel}" >"$PCI/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

# attach_with MODULE: the first device that the topology says is attached is bound to
# the driver in this module of the tests, which attaches to its range
attach_with() {
	local serial capacity address
	load_modules "cxla_core cxla_port cxla_mem cxla_acpi"
	awk '$2 == "attached" { print $1, $6; exit }' /etc/cxla/expect >/tmp/first
	read -r serial capacity </tmp/first || fail "no device of the topology is attached"
	address=$(address_of "$serial")
	modprobe "$1" "capacity=$((capacity))" || fail "$1 does not load"
	bind "$address" "$1"
	expect_equal "driver of $address" "$(basename "$(readlink "$PCI/$address/driver")")" "$1"
}

unbind() {
	echo "$1" >"$PCI/$1/driver/unbind"
}

# is it an accelerator, and not an expander that stands in for one
is_accelerator() {
	[ "$(cat "$PCI/$1/class")" = 0x120000 ]
}

# the first accelerator that the topology says is attached, or what stands in for one
first_accelerator() {
	local serial state rest address fallback=
	while read -r serial state rest; do
		[ "$state" = attached ] || continue
		address=$(address_of "$serial")
		fallback=${fallback:-$address}
		is_accelerator "$address" && echo "$address" && return
	done </etc/cxla/expect
	echo "$fallback"
}

# switch a fault of an accelerator on or off: set_fault ADDRESS NAME VALUE
set_fault() {
	cxla-guest monitor qom-set "$(qemu_id_of "$1")" "$2" "$3" >/tmp/monitor ||
		fail "QEMU does not set $2 of $1: $(cat /tmp/monitor)"
}

config_dword() {
	hexdump -s "$2" -n 4 -e '1/4 "%u"' "$PCI/$1/config"
}

# memory_becomes_active_later ADDRESS: its size is known, and Memory_Active is 0, for which
# the device advertises 16 seconds; until config-mask is 0
memory_becomes_active_later() {
	local dvsec=256
	while [ $(($(config_dword "$1" $dvsec) & 0xffff)) -ne 35 ] ||
		[ $(($(config_dword "$1" $((dvsec + 8))) & 0xffff)) -ne 0 ]; do
		dvsec=$(($(config_dword "$1" $dvsec) >> 20))
		[ $dvsec -ne 0 ] || fail "$1 has no DVSEC for CXL devices"
	done
	set_fault "$1" config-value 0
	set_fault "$1" config-offset $((dvsec + 28))
	set_fault "$1" config-mask 2
}

# QEMU's name of a device, by its serial number
qemu_id_of() {
	local serial rest
	while read -r serial rest; do
		[ "$(address_of "$serial")" != "$1" ] || echo "dev${serial#0x}"
	done </etc/cxla/expect
}

# what `cxla-guest WORD ARGUMENT` says. Kept, as to ask takes a process: remove /run/WORD.* if it changes
kept_answer() {
	local answer
	if [ ! -s "/run/$1.$2" ]; then
		cxla-guest "$1" "$2" >"/run/$1.$2" || return 1
	fi
	read -r answer <"/run/$1.$2"
	echo "$answer"
}

# devices stay in their slots
address_of() {
	kept_answer find "$1"
}

# until the CEDT is another
window_at() {
	kept_answer window "$1"
}

# for each device of the topology: COMMAND SERIAL ADDRESS STATE REASON BASE SIZE LOCKED
each_device() {
	local serial state reason window offset size locked base
	while read -r serial state reason window offset size locked; do
		base=0
		[ "$state" = attached ] && base=$(($(window_at "$window") + offset))
		"$@" "$serial" "$(address_of "$serial")" "$state" "$reason" \
			"$base" "$((size))" "$locked" </dev/null || exit 1
	done </etc/cxla/expect
}

bind_one() {
	bind "$2"
	[ -e "$PCI/$2/driver" ] || fail "$2 ($1) is not bound"
	[ "$PCI/$2/driver" -ef /sys/bus/pci/drivers/cxla_accel ] ||
		fail "driver of $2: $(readlink "$PCI/$2/driver"), not cxla_accel"
}

# firmware committed nothing of it, and it is no accelerator: an expander that userspace
# may make regions of
is_idle_expander() {
	[ "$3 $4" = "pci-only not-committed" ] && ! is_accelerator "$2"
}

bind_all() {
	each_device bind_one
}

# Every device with its driver, and the last that is attached and not locked as a memory
# expander: $expander is its address, or empty if there is none. The last, as decoders of a
# port are reset in reverse.
bind_all_and_an_expander() {
	expander=$(each_device address_if_unlocked | tail -n 1)
	each_device bind_beside_expander
}

address_if_unlocked() {
	[ "$3" = attached ] && [ "$7" = 0 ] || return 0
	echo "$2"
}

bind_beside_expander() {
	if [ "$2" = "$expander" ] || is_idle_expander "$@"; then
		bind "$2" cxla_pci
		expect_equal "driver of $2" "$(basename "$(readlink "$PCI/$2/driver")")" cxla_pci
	else
		bind_one "$@"
	fi
}

# number_of NAME DEFAULT: what cxla.NAME=N on the kernel's command line says
number_of() {
	sed -n "s/.*cxla\\.$1=\\([0-9]*\\).*/\\1/p" /proc/cmdline | grep . || echo "$2"
}

# device-dax of a region, or nothing
dax_of() {
	local path
	for path in "$BUS/$1/dax_$1"/dax[0-9]*; do
		[ ! -e "$path" ] || basename "$path"
	done
}

# decoders of devices that are committed, from registers: each by its device's address
decoders_now() {
	each_device decoders_of
}

decoders_of() {
	cxla-guest decoders "$2" all 2>/dev/null | grep -v "^0 " | sed "s/^/$2 /"
}

unbind_one() {
	[ ! -e "$PCI/$2/driver" ] || unbind "$2"
}

unbind_all() {
	each_device unbind_one
}

range_text() {
	[ "$2" -eq 0 ] || printf '0x%x-0x%x' "$1" "$(($1 + $2 - 1))"
}

# the outcome in sysfs is the one that the topology file expects
check_outcome() {
	local cxla=$PCI/$2/cxla state='' reason='' range=''
	read -r state <"$cxla/state"
	read -r reason <"$cxla/reason"
	# of one that has none it is empty
	read -r range <"$cxla/range" || true
	expect_equal "$1 state" "$state" "$3"
	expect_equal "$1 reason" "$reason" "$4"
	expect_equal "$1 range" "$range" "$(range_text "$5" "$6")"
	echo "$1 at $2: $3 $4 $range"
}

node_of() {
	echo "/dev/cxla/$(cat "$PCI/$1/cxla/accel")"
}

# the region whose range starts at this address
region_at() {
	local region
	for region in "$BUS"/region*; do
		[ -e "$region/resource" ] || continue
		[ $(($(cat "$region/resource"))) -eq "$(($1))" ] && echo "${region##*/}" && return
	done
	return 1
}

# the committed decoder of the device's endpoint
endpoint_decoder_of() {
	local memdev decoder
	memdev=$(basename "$(ls -d "$PCI/$1"/mem[0-9]*)")
	for decoder in "$BUS"/decoder*; do
		[ -e "$decoder/dpa_size" ] || continue
		[ $(($(cat "$decoder/size"))) -ne 0 ] || continue
		[ "$(basename "$(readlink -f "$decoder/../uport")")" = "$memdev" ] &&
			echo "${decoder##*/}" && return
	done
	return 1
}

# same tag as the host computes: see vmlib/backing.py
tag_of() {
	echo $((($1 ^ ($1 >> 24 & 0xffffffffff) ^ ($1 >> 48 & 0xffff)) & 0x7f7f7f | 0x808080))
}

# everything of the machine that loading and attaching can change
snapshot() {
	cut -d' ' -f1 /proc/modules
	cat /proc/iomem
	ls /sys/bus /sys/bus/pci/drivers /sys/class /sys/module
	find /dev/cxla /sys/kernel/debug/cxla /sys/bus/cxla 2>/dev/null
	ls "$PCI"/*/
	grep . "$PCI"/*/driver_override
}

# for each_device: the pattern of an attached device into its range, and back
write_pattern() {
	[ "$3" = attached ] || return 0
	cxla-guest pattern write "$(node_of "$2")" "$(tag_of "$1")"
}

check_pattern() {
	[ "$3" = attached ] || return 0
	cxla-guest pattern check "$(node_of "$2")" "$(tag_of "$1")"
}
