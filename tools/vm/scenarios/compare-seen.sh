# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What is observed of a stack; sourced by compare.sh. Each does something, and then says
# what there is: SEEN, in words. Nothing here knows what ought to be.

TRACING=/sys/kernel/tracing

see_range() {
	attach
	seen "$(range_given)"
}

# who /proc/iomem says has it: the innermost entry over its first byte
see_owner() {
	local line range rest name="" start end
	attach
	while read -r range rest; do
		start=$((0x${range%-*}))
		end=$((0x${range#*-}))
		[ "$start" -le "$START" ] && [ "$end" -ge "$START" ] && name=${rest#: }
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
	answer=$(attempt "$2" "$DRIVERS/$1/unbind")
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
	echo $ROOT >"$ROOT_DRIVER/unbind"
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
	echo $ROOT >"$ROOT_DRIVER/bind"
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
	seen "driver $(bound && echo bound || echo unbound), $(ls -d "$PCI/$A"/mem[0-9]* 2>/dev/null |
		grep -q . && echo "memdev left" || echo "no memdev left")"
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
	echo "$(memdev_of)" >"$DRIVERS/${S}_mem/unbind"
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

# what happens first when a memdev is unbound: by probes and trace events. Each once,
# in the order of its first time.
see_order() {
	attach
	echo >$TRACING/trace
	case $STACK in
	in-tree)
		probe region_ends cxl_core:unregister_region
		probe decoder_is_reset cxl_core:cxl_decoder_reset
		;;
	ours)
		probe decoder_is_reset cxla_core:cxla_region_reset
		probe range_is_free_to_others cxla_core:cxla_unclaim
		echo 1 >$TRACING/events/cxla/cxla_revoke/enable
		echo 1 >$TRACING/events/cxla/cxla_region_del/enable
		;;
	esac
	probe driver_lets_go devm_memremap_release
	probe driver_lets_go_of_device pci_device_remove
	echo 1 >$TRACING/events/compare/enable
	echo 1 >$TRACING/tracing_on
	echo "$(memdev_of)" >"$DRIVERS/${S}_mem/unbind"
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
