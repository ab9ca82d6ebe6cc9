# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with two attached devices, Soft Reserved ranges. The first device is an expander,
# the second one is by driver_override meant for an accelerator's driver. In each order of
# modules the stack of this project has an owner, or a reason for having none, for each
# byte. What the in-tree stack of the same kernel does with the same machine is beside
# it, in a table: who has a range is asked of the bus of device-dax, for both alike.
# shellcheck source=/dev/null
. ./soft.sh

holder_at() {
	local dev start size driver
	for dev in "$DAX"/devices/dax*; do
		[ -e "$dev" ] || continue
		read -r start <"$dev/resource"
		read -r size <"$dev/size"
		if [ $((start)) -gt "$2" ] || [ $((start + size)) -le "$1" ]; then
			continue
		fi
		driver=$(basename "$(readlink "$dev/driver" || echo none)")
		echo "${dev##*/} (driver: $driver)"
	done
}

# table CASE STACK: a line for each range
table() {
	local start end holder
	while read -r start end; do
		holder=$(holder_at "$start" "$end" | tr '\n' ' ')
		holder=${holder% }
		if [ "$2" = ours ]; then
			ledger | awk -v s="$start" -v e="$end" '$1 <= e && $2 >= s { print $3, $4, $5, $6 }' |
				tr '\n' ';' >/tmp/said
			holder="${holder:-no dax}; ledger: $(sed 's/;$//' /tmp/said)"
		fi
		printf '%-32s %-8s %s  %s\n' "$1" "$2" "$(echo "$start $end" | readable)" "${holder:-nobody}"
	done </tmp/soft >>/tmp/table
}

prepare() {
	# what the in-tree stack of 7.x has taken back
	cxl-firmware /etc/cxla/plan >/tmp/firmware.log 2>&1 || fail "decoders can't be committed: $(cat /tmp/firmware.log)"
	echo cxla_accel >"$PCI/$SECOND_AT/driver_override"
}

ours() {
	local name=$1 module
	shift
	prepare
	echo cxla_pci >"$PCI/$FIRST_AT/driver_override"
	for module in "$@"; do
		case $module in
		cxla_hmem) modprobe "$module" wait_seconds="$WAIT" ;;
		*) modprobe "$module" ;;
		esac || fail "$module does not load"
	done
	decided
	flush
	expect_an_answer
	if [ "$OURS" ]; then
		# shellcheck disable=SC2086 # words
		expect_owners $OURS
	else
		! ledger_of_soft | grep " none " || fail "a range without owner"
		ledger_of_soft | readable | grep -q " accelerator owned attached$" || fail "the accelerator has nothing"
		expect_dax
	fi
	table "$name" ours
	end_soft_clean
}

in_tree() {
	local name=$1 module
	shift
	prepare
	for module in "$@"; do
		modprobe "$module" || fail "in-tree $module does not load"
	done
	# nobody tells when it has settled
	sleep 3
	table "$name" in-tree
	unload_memory || fail "in-tree drivers can't be removed"
	echo >"$PCI/$SECOND_AT/driver_override"
}

begin_soft
cp /proc/iomem /tmp/iomem.before
: >/tmp/table
WAIT=3600
OURS="$FIRST=dax,owned,region $SECOND=accelerator,owned,attached"
ours "CXL, then memory" cxla_port cxla_acpi cxla_mem cxla_pci cxla_accel cxla_hmem cxla_dax
ours "memory, then CXL" cxla_hmem cxla_dax cxla_port cxla_mem cxla_pci cxla_accel cxla_acpi
# the root is there, and the expander's driver is not: what it would have is either's
OURS=
ours "CXL, memory in the middle" cxla_port cxla_acpi cxla_hmem cxla_mem cxla_dax cxla_pci cxla_accel
WAIT=2
OURS="$SECOND=accelerator,reserved,meant-for-driver"
ours "memory, CXL never" cxla_hmem cxla_dax
ours "memory, of CXL the root only" cxla_acpi cxla_hmem cxla_dax

in_tree "CXL, then memory" cxl_port cxl_acpi cxl_mem cxl_pci dax_cxl dax_hmem
in_tree "memory, then CXL" dax_hmem dax_cxl cxl_port cxl_acpi cxl_mem cxl_pci
in_tree "CXL, memory in the middle" cxl_port cxl_acpi dax_hmem cxl_mem dax_cxl cxl_pci
in_tree "memory, CXL never" dax_hmem dax_cxl
in_tree "memory, of CXL the root only" cxl_port cxl_acpi dax_hmem dax_cxl

echo "case                             stack    range                    who has it"
cat /tmp/table
prepare
# modules of the in-tree stack may stay; ranges have to be as they were
unload_modules || fail "not unloaded"
diff /tmp/iomem.before /proc/iomem || fail "the iomem tree is another one"
