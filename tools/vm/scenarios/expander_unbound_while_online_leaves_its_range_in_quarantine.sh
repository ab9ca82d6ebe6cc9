# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. The first one is an expander whose range is online as
# System RAM when it is unbound. That can't be refused: the memory stays, its decoders stay,
# nobody else gets the range, and the machine goes on. The last scenario of a boot: what
# can't be taken offline any more is memory until the machine ends.
# shellcheck source=/dev/null
. ./soft.sh

in_use() {
	dd if=/dev/zero of=/tmp/fill bs=1M count=64 2>/dev/null && rm /tmp/fill
}
modprobe -a device_dax kmem || fail "modules of memory do not load"
load_modules
bind "$FIRST_AT" cxla_pci
modprobe cxla_hmem || fail "cxla_hmem does not load"
modprobe cxla_dax system_ram=1 || fail "cxla_dax does not load"
decided
dax_at "$(range_start "$FIRST")" || fail "no device of device-dax"
for block in /sys/devices/system/memory/memory*; do
	[ ! -e "$block/state" ] || grep -q online "$block/state" || echo online_movable >"$block/state"
done
ram=$(sed -n 's/^ *\([0-9a-f]*\)-[0-9a-f]* : System RAM (kmem)$/\1/p' /proc/iomem | head -n 1)
[ "$ram" ] || fail "there is no System RAM of kmem"
in_use || fail "no memory"

unbind "$FIRST_AT"
flush
grep -q "$ram-.* : System RAM (kmem)" /proc/iomem || fail "the System RAM is gone"
quarantined() {
	ledger | grep "^$(range_start "$FIRST") [0-9]* dax quarantined online "
}
quarantined || fail "it is not in quarantine: $(ledger)"
expect_equal "committed decoders of $FIRST_AT" "$(in_registers "$FIRST_AT")" 1
in_use || fail "no memory after it went"

# nobody gets it: neither the accelerator's driver nor device-dax again
bind "$FIRST_AT"
expect_equal "state of $FIRST_AT" "$(cat "$PCI/$FIRST_AT/cxla/state")" pci-only
cat "$PCI/$FIRST_AT/cxla/reason"
unbind "$FIRST_AT"
bind "$FIRST_AT" cxla_pci
quarantined || fail "it is in quarantine no more: $(ledger)"
[ -z "$(dax_at "$(range_start "$FIRST")")" ] || fail "it is a device of device-dax again"
unbind_hmem
eventually hmem_is_bound || fail "hmem_platform can't be bound again"
decided
quarantined || fail "it is in quarantine no more: $(ledger)"
[ -z "$(dax_at "$(range_start "$FIRST")")" ] || fail "it is a device of device-dax again"
