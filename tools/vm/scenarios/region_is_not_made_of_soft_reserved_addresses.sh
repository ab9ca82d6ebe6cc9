# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology room-to-create, with Soft Reserved memory where the window has its first free
# addresses. Nobody has decided about it, as cxla_hmem is not loaded. Regions that are made
# by userspace and for an accelerator lie behind it. 7.x does not have what is Soft Reserved
# in its iomem tree.
# shellcheck source=/dev/null
. ./soft.sh

SIZE=$((512 << 20))
read -r soft_start soft_end </tmp/soft
expect_equal "first Soft Reserved byte" "$soft_start" $(($(window_at 0) + (1 << 30)))

# expect_behind NAME START
expect_behind() {
	echo "$1: $2"
	[ $(($2)) -gt "$soft_end" ] || fail "the $1 begins at $2, which is not behind what is Soft Reserved"
}

load_modules
window=$(basename "$(dirname "$(echo "$BUS"/decoder*/create_ram_region)")")
region=$(cat "$BUS/$window/create_ram_region")
echo "$region" >"$BUS/$window/create_ram_region" || fail "$region is not made"
echo 1 >"$BUS/$region/interleave_ways"
echo 256 >"$BUS/$region/interleave_granularity"
echo $SIZE >"$BUS/$region/size" || fail "$region gets no addresses"
expect_behind "region of userspace" "$(cat "$BUS/$region/resource")"
echo "$region" >"$BUS/$window/delete_region" || fail "$region is not deleted"

accel=$(address_of 0x4)
cxla attach --create "$accel" || fail "$accel has no region made"
range=$(cat "$PCI/$accel/cxla/range")
expect_behind "region of the accelerator" "${range%-*}"
cxla detach "$accel" || fail "$accel is not detached"
! has_regions || fail "a region is left"
