# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What is observed of $STACK, with $DRIVER; sourced by compare.sh. Each does something, and
# then says what there is: SEEN, in words. Nothing here knows what ought to be.

TRACING=/sys/kernel/tracing

# choose STACK DRIVER: what all else is about
choose() {
	local state
	STACK=$1
	DRIVER=$2
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
	BUS_DRIVERS=/sys/bus/$S/drivers
	ROOT_DRIVER=/sys/bus/platform/drivers/${S}_acpi
	ROOT=ACPI0017:00
	read -r SERIAL state _ WINDOW OFFSET SIZE _ </etc/cxla/expect
	A=$(address_of "$SERIAL")
	# nothing is attached, and things are done to expanders: compare-regions.sh
	[ "$state" = attached ] || return 0
	SIZE=$((SIZE))
	START=$(($(cxla-guest window "$WINDOW") + OFFSET))
	WANTED=$(range_text "$START" "$SIZE")
}

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
	# cxl_pmem, and drivers of dax devices, come by themselves
	for m in dax_cxl dax_hmem cxl_pci cxl_mem cxl_acpi cxl_port cxl_pmem cxl_core; do
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

# empty: it has none
memdev_of() {
	local dev
	for dev in "$PCI/$A"/mem[0-9]*; do
		[ ! -e "$dev" ] || echo "${dev##*/}"
	done
}

# endpoint of a memdev
endpoint_below() {
	local dev
	for dev in "$BUS"/endpoint*; do
		[ "$(basename "$(readlink "$dev/uport")")" = "$1" ] && echo "${dev##*/}" && return
	done
	return 1
}

endpoint_of() {
	endpoint_below "$(memdev_of)"
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

see_range() {
	attach
	seen "$(range_given)"
}

# who /proc/iomem says has its first byte, from outside inwards
see_owner() {
	local range rest name="" first last
	attach
	while read -r range rest; do
		first=$((0x${range%-*}))
		last=$((0x${range#*-}))
		[ "$first" -le "$START" ] && [ "$last" -ge "$START" ] &&
			name="$name${name:+ > }${rest#: }"
	done </proc/iomem
	seen "$name"
}

see_locked() {
	attach
	seen "locked is $(cat "$BUS/$(region_of_range)/locked")"
}

see_delete() {
	local region answer
	attach
	region=$(region_of_range)
	answer=$(attempt "$region" "$(readlink -f "$BUS/$region")/../delete_region")
	settle
	seen "$(in_words "$answer"): $(state_now)"
}

see_uncommit() {
	local answer
	attach
	answer=$(attempt 0 "$BUS/$(region_of_range)/commit")
	settle
	seen "$(in_words "$answer"): $(state_now)"
}

see_resize() {
	local answer
	attach
	answer=$(attempt 0 "$BUS/$(region_of_range)/size")
	settle
	seen "$(in_words "$answer"): $(state_now)"
}

# see_unbound DRIVER DEVICE
see_unbound() {
	local answer
	answer=$(attempt "$2" "$BUS_DRIVERS/$1/unbind")
	settle
	seen "$(in_words "$answer"): $(state_now)"
}

see_region_unbound() {
	attach
	see_unbound "${S}_region" "$(region_of_range)"
}

see_memdev_unbound() {
	attach
	see_unbound "${S}_mem" "$(memdev_of)"
}

see_endpoint_unbound() {
	attach
	see_unbound "${S}_port" "$(endpoint_of)"
}

see_port_unbound() {
	local path
	attach
	path=$(readlink -f "$BUS/$(endpoint_of)")
	path=${path%/*}
	see_unbound "${S}_port" "${path##*/}"
}

unbind_root() {
	echo "$ROOT" >"$ROOT_DRIVER/unbind"
}

see_root_unbound() {
	attach
	unbind_root
	settle
	seen "$(state_now)"
}

see_root_returns() {
	attach
	unbind_root
	settle
	echo "$ROOT" >"$ROOT_DRIVER/bind"
	settle
	seen "$(state_now)"
}

# with nothing awaited in between
see_root_unbound_then_accelerator() {
	attach
	unbind_root
	[ ! -e "$PCI/$A/driver" ] || unbind "$A"
	settle
	seen "$(state_now)"
}

see_root_unbound_then_removed() {
	attach
	unbind_root
	echo 1 >"$PCI/$A/remove"
	settle
	seen "$([ -e "$PCI/$A" ] && echo "device there" || echo "device gone"), $(
		region_at "$START" >/dev/null && echo "region there" || echo "region gone")"
}

see_root_module_removed() {
	local answer
	attach
	answer=$(rmmod "${S}_acpi" 2>&1)
	settle
	seen "$(in_words "${answer##*: }"): $(state_now)"
}

# both while a driver of an accelerator is bound
see_memdev_module_removed() {
	local answer
	attach
	answer=$(rmmod "${S}_mem" 2>&1)
	settle
	seen "$(in_words "${answer##*: }"): $(state_now)"
}

see_pci_only() {
	# every module but the root's
	load_stack "$(echo "$STACK_MODULES" | sed "s/${S}_acpi//")"
	bind_driver
	seen "driver $(bound && echo bound || echo unbound), $([ -n "$(memdev_of)" ] && echo "memdev left" ||
		echo "no memdev left")"
}

see_pci_only_then_root() {
	load_stack "$(echo "$STACK_MODULES" | sed "s/${S}_acpi//")"
	bind_driver
	modprobe "${S}_acpi"
	settle
	seen "$(state_now)"
}

see_accelerator_unbound() {
	attach
	unbind "$A"
	settle
	seen "$(state_now)"
}

see_accelerator_rebound() {
	attach
	unbind "$A"
	bind_driver
	seen "range $(range_given | grep . || echo none): $(state_now)"
}

# what an unbind leaves to be done later must not meet the bind that follows
see_rebound_at_once() {
	local n=0 driver=/sys/bus/pci/drivers/$DRIVER
	attach
	while [ $n -lt 20 ] && bound; do
		# without a process in between
		echo "$A" >"$driver/unbind"
		echo "$A" >"$driver/bind"
		sleep 1
		n=$((n + 1))
	done
	settle
	seen "$n times: $(state_now)"
}

see_removed_and_rescanned() {
	attach
	echo 1 >"$PCI/$A/remove"
	echo 1 >/sys/bus/pci/rescan
	bind_driver
	seen "range $(range_given | grep . || echo none)"
}

# see_told: what tells userspace that the range goes
see_told() {
	attach
	if [ ! -e "$PCI/$A/cxla/accel" ]; then
		seen "no node"
		return
	fi
	cxla-guest events "$(node_of "$A")" >/tmp/events 2>&1 &
	sleep 1
	attempt "$(memdev_of)" "$BUS_DRIVERS/${S}_mem/unbind"
	settle
	kill $!
	seen "events: $(cut -d' ' -f1 /tmp/events | tr '\n' ' ' | sed 's/ $//')"
}

see_record() {
	attach
	if [ ! -e "$PCI/$A/cxla/accel" ]; then
		seen "no node"
		return
	fi
	seen "$(cxla-guest info "$(node_of "$A")" | grep -c "_ns=\|reads=\|writes=") figures"
}

probe() {
	echo "p:compare/$1 $2" >>$TRACING/kprobe_events || fail "no probe at $2"
}

# the name that a function of a module was compiled to
symbol() {
	awk -v name="$2" -v module="[$1]" '$4 == module && ($3 == name || index($3, name ".") == 1) {
		print $3; exit }' /proc/kallsyms
}

# what happens first when a memdev is unbound: by probes and trace events. Each once,
# in the order of its first time.
see_order() {
	attach
	echo >$TRACING/trace
	case $STACK in
	in-tree)
		probe region_ends cxl_core:unregister_region
		probe decoder_is_reset cxl_core:cxl_decoder_reset
		probe range_is_free_to_others "cxl_core:$(symbol cxl_core cxl_region_iomem_release)"
		;;
	ours)
		probe decoder_is_reset cxla_core:cxla_decoder_reset
		probe range_is_free_to_others cxla_core:cxla_unclaim
		echo 1 >$TRACING/events/cxla/cxla_revoke/enable
		echo 1 >$TRACING/events/cxla/cxla_region_del/enable
		;;
	esac
	# of the range, when it lets go of it
	probe driver_unmaps memunmap
	echo 1 >$TRACING/events/compare/enable
	echo 1 >$TRACING/tracing_on
	attempt "$(memdev_of)" "$BUS_DRIVERS/${S}_mem/unbind"
	settle
	echo 0 >$TRACING/tracing_on
	echo 0 >$TRACING/events/enable
	seen "$(awk 'match($0, /[0-9]+\.[0-9]+: [a-z_]+:/) {
			split(substr($0, RSTART, RLENGTH), part, ": ")
			name = part[2]; sub(/:$/, "", name)
			sub(/^cxla_revoke$/, "revoked", name)
			sub(/^cxla_region_del$/, "region_ends", name)
			if (name in had) next
			had[name] = 1
			if (!count++) first = part[1]
			gsub("_", " ", name)
			line = line (count > 1 ? ", " : "") sprintf("%s +%.1f ms", name, (part[1] - first) * 1000)
		} END { print line }' $TRACING/trace)"
	echo >$TRACING/kprobe_events
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

# as cxla bench measures it: bench CYCLES
bench() {
	local what
	load_stack
	bind_driver
	for what in attach detach; do
		cxla bench "$what" --json --cycles "$1" --stack "$STACK" --driver "$DRIVER" "$A" \
			>/tmp/bench 2>/tmp/bench.err || fail "cxla bench $what: $(cat /tmp/bench.err)"
		echo "BENCH $what $(tr -d '\n' </tmp/bench)"
	done
}

# KiB of the kernel's own that grow with what is attached
kernel_memory() {
	awk '/^(Slab|PageTables|Percpu):/ { sum += $2 } END { print sum }' /proc/meminfo
}

# the first device attached while none, one ... all of the others are: scale CYCLES
scale() {
	local without
	load_stack
	each_device bind_each
	each_device unbind_each
	without=$(kernel_memory)
	each_device bind_each
	echo "BENCH memory $(($(kernel_memory) - without))"
	cxla bench scale --json --cycles "$1" --warmup 1 --stack "$STACK" --driver "$DRIVER" >/tmp/bench 2>/tmp/bench.err ||
		fail "cxla bench scale: $(cat /tmp/bench.err)"
	echo "BENCH scale $(tr -d '\n' </tmp/bench)"
}

unbind_each() {
	[ "$3" != attached ] || unbind "$2"
}

# every accelerator of the topology bound to the driver, and all of it raced: race SECONDS
race() {
	local status
	load_stack
	each_device bind_each
	cxla race --json --seconds "$1" --seed 1 --stack "$STACK" --driver "$DRIVER" --log /dev/console \
		>/tmp/race 2>/tmp/race.err
	status=$?
	echo "RACE $status $(tr -d '\n' </tmp/race)"
	[ "$status" -le 1 ] || fail "cxla race: $(cat /tmp/race.err)"
}

bind_each() {
	[ "$3" != attached ] || bind "$2" "$DRIVER"
}
