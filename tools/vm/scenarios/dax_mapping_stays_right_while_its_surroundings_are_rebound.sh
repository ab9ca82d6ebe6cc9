# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with two attached devices, one of them with a Soft Reserved range on its
# decoders. A program maps the /dev/daxN.0 of the first one's region and compares its
# pattern all the time, while the other device, its memdev, endpoint and region, and
# hmem_platform with the ranges that are not the first one's come and go. Then its own
# region goes, in each way that there is: the program is answered by SIGBUS, for good.
# shellcheck source=/dev/null
. ./soft.sh

around() {
	local other region
	for _ in 1 2 3; do
		unbind "$SECOND_AT"
		bind "$SECOND_AT"
		flush
		expect_equal "state of $SECOND_AT" "$(cat "$PCI/$SECOND_AT/cxla/state")" attached
		memdev_of "$SECOND_AT" >/sys/bus/cxla/drivers/cxla_mem/unbind
		flush
		bind_again cxla_pci
		region=$(region_of "$SECOND_AT")
		other=$(endpoint_of "$SECOND_AT")
		[ "$(dax_at "$(range_start "$SECOND")")" ] || fail "the other region is no device of device-dax"
		echo "dax_$region" >"$DAX_DRIVER/unbind"
		echo "dax_$region" >"$DAX_DRIVER/bind"
		echo "$region" >/sys/bus/cxla/drivers/cxla_region/unbind
		echo "$region" >/sys/bus/cxla/drivers/cxla_region/bind
		echo "$other" >/sys/bus/cxla/drivers/cxla_port/unbind
		flush
		# what is in no region when cxla_hmem decides is device-dax's
		bind_again cxla_accel
		unbind_hmem
		eventually hmem_is_bound || fail "hmem_platform can't be bound again"
		decided
	done
}
bind_again() {
	unbind "$SECOND_AT"
	bind "$SECOND_AT" "$1"
}

# go HOW: a new mapping, and its region goes
go() {
	node=/dev/$(dax_at "$(range_start "$FIRST")") || fail "$FIRST is no device of device-dax"
	keep "$node" "$(tag_of "$FIRST")"
	echo "its $1 goes"
	shift
	"$@" || fail "$* fails"
	eventually has "/tmp/keep.${node##*/}" "^sigbus" || fail "its user is not answered by SIGBUS: $*"
	sleep 1
	kept "$node" "gone for good"
}
write_to() {
	echo "$1" >"$2"
}

begin_soft
load_modules
bind "$FIRST_AT" cxla_pci
bind "$SECOND_AT"
load_modules "cxla_hmem cxla_dax"
decided
node=/dev/$(dax_at "$(range_start "$FIRST")") || fail "$FIRST is no device of device-dax"
keep "$node" "$(tag_of "$FIRST")"
around
kept "$node" right

region=$(region_of "$FIRST_AT")
go device write_to "${node##*/}" "$DAX/drivers/device_dax/unbind"
echo "${node##*/}" >"$DAX/drivers/device_dax/bind"
go dax_region write_to "dax_$region" "$DAX_DRIVER/unbind"
echo "dax_$region" >"$DAX_DRIVER/bind"
go region write_to "$region" /sys/bus/cxla/drivers/cxla_region/unbind
echo "$region" >/sys/bus/cxla/drivers/cxla_region/bind
go endpoint write_to "$(endpoint_of "$FIRST_AT")" /sys/bus/cxla/drivers/cxla_port/unbind
unbind "$FIRST_AT"
bind "$FIRST_AT" cxla_pci
go memdev write_to "$(memdev_of "$FIRST_AT")" /sys/bus/cxla/drivers/cxla_mem/unbind
unbind "$FIRST_AT"
bind "$FIRST_AT" cxla_pci
go root write_to ACPI0017:00 /sys/bus/platform/drivers/cxla_acpi/unbind
echo ACPI0017:00 >/sys/bus/platform/drivers/cxla_acpi/bind
flush
go expander unbind "$FIRST_AT"
bind "$FIRST_AT" cxla_pci
go removal write_to 1 "$PCI/$FIRST_AT/remove"
echo 1 >/sys/bus/pci/rescan
end_soft_clean
