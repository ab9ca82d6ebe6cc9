# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on the decoders of all. cxla_hmem
# did not wait for CXL, and has them. An accelerator goes PCI-only then, with the reason
# "claimed"; nothing of the range changes hands; when cxla_hmem is unbound it attaches by
# itself.
# shellcheck source=/dev/null
. ./soft.sh

begin_soft
load_modules "cxla_hmem"
rmmod cxla_hmem
modprobe cxla_hmem wait_seconds=1
decided
expect_owners
cp /tmp/got /tmp/hmem
load_modules
dmesg -n 8
bind_all
for serial in $(serials); do
	expect_state "$(address_of "$serial")" pci-only claimed
done
expect_owners
diff /tmp/hmem /tmp/got || fail "the second claimant has changed the ledger"

unbind_hmem
flush
each_device check_outcome
expect_equal "devices of device-dax" "$(dax_ranges)" ""

# and now it is cxla_hmem that comes second
echo "$HMEM_DEVICE" >"$HMEM/bind"
decided
# shellcheck disable=SC2046 # words
expect_owners $(owned_by accelerator,owned,attached)
each_device check_outcome
end_soft_clean
