# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with devices, of which some have persistent memory, or more memory
# than is committed. Bound to cxla_pci each device says what the machine gave it;
# and the kernel's own stack, asked afterwards, reads the same in each file.

FILES="serial ram/size pmem/size firmware_version payload_max label_storage_size"

# told FOLDER FILE: what each memdev there says, by serial number
told() {
	local memdev name
	for memdev in "$1"/mem[0-9]*; do
		[ -e "$memdev/serial" ] || continue
		for name in $FILES; do
			echo "$(cat "$memdev/serial") $name '$(cat "$memdev/$name")'"
		done
	done | sort >"$2"
}

# value_of FILE SERIAL NAME
value_of() {
	sed -n "s|^$2 $3 '\(.*\)'$|\1|p" "$1"
}

bind_expander() {
	bind "$2" cxla_pci
	expect_equal "driver of $2" "$(basename "$(readlink "$PCI/$2/driver")")" cxla_pci
}

load_modules
each_device bind_expander
told "$BUS" /tmp/ours
cat /tmp/ours
while read -r serial ram pmem labels; do
	expect_equal "volatile memory of $serial" "$(value_of /tmp/ours "$serial" ram/size)" "$ram"
	expect_equal "persistent memory of $serial" \
		"$(value_of /tmp/ours "$serial" pmem/size)" "$pmem"
	expect_equal "labels of $serial" \
		"$(value_of /tmp/ours "$serial" label_storage_size)" "$labels"
done </etc/cxla/capacity
! kernel_said "no mailbox" || fail "a device is said to have no mailbox"
expect_equal "devices that were asked" "$(grep -c firmware_version /tmp/ours)" \
	"$(wc -l </etc/cxla/capacity)"
unload_modules || fail "the modules can't be unloaded"

load_in_tree
told /sys/bus/cxl/devices /tmp/in-tree
unload_in_tree
[ -s /tmp/in-tree ] || fail "the in-tree stack lists no memory device"
diff /tmp/in-tree /tmp/ours || fail "the in-tree stack reads something else"
