# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with two attached devices or more. The root is unbound while all ranges
# are in use: with on_loss=unbind the driver goes, with pci-only it stays for good,
# with reattach it is attached again when the root returns.
# shellcheck source=/dev/null
. ./triggers.sh

ROOT=/sys/bus/platform/drivers/cxla_acpi
collect() {
	[ "$3" = attached ] && echo "$2"
}
load_modules
all=$(each_device collect) || true
# shellcheck disable=SC2086 # a list
begin $all
for address in $all; do
	echo "$address $(memdev_of "$address") $(region_of "$address")"
done >/tmp/all
for choice in pci-only unbind reattach; do
	[ "$choice" = pci-only ] || {
		# shellcheck disable=SC2086 # a list
		watch $all
		for address in $all; do
			echo "$address $(memdev_of "$address") $(region_of "$address")"
		done >/tmp/all
	}
	for address in $all; do
		expect_equal "on_loss of $address" "$(cat "$PCI/$address/cxla/on_loss")" reattach
		echo $choice >"$PCI/$address/cxla/on_loss"
		expect_equal "on_loss of $address" "$(cat "$PCI/$address/cxla/on_loss")" $choice
	done
	echo ACPI0017:00 >$ROOT/unbind
	flush
	! has_regions || fail "a region outlives its root"
	while read -r address memdev region; do
		if [ $choice = unbind ]; then
			expect_lost "$address" "attach revoke hangup"
			expect_equal "driver of $address" "$(driver_of "$address")" ""
		else
			expect_lost "$address" "attach revoke detach"
			expect_state "$address" pci-only revoked
		fi
		expect_once "$memdev" "$region" detach
	done </tmp/all
	echo ACPI0017:00 >$ROOT/bind
	flush
	for address in $all; do
		case $choice in
		unbind) expect_equal "driver of $address" "$(driver_of "$address")" "" ;;
		pci-only) expect_state "$address" pci-only revoked ;;
		reattach)
			outcome_as_expected "$address"
			expect_events "$address" "attach revoke detach attach"
			;;
		esac
	done
	undone
done
