# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topologies with idle expanders: expanders-switch with two host bridges and a switch below
# each, room-to-create with one bridge that can be told to fail. What sysfs says of decoders
# is compared with the registers that QEMU has: after each write that a region of all of
# them takes, after a commit that the bridge refuses, and after one that does not end.
# shellcheck source=/dev/null
. ./triggers.sh
# shellcheck source=/dev/null
. ./compare-seen.sh
# shellcheck source=/dev/null
. ./compare-regions.sh
# shellcheck source=/dev/null
. ./decoders_in_qemu.sh

bind_idle_expander() {
	is_idle_expander "$@" || return 0
	bind "$2" cxla_pci
	echo "$1"
}

committed() {
	grep . "$BUS"/*/decoders_committed
}

choose ours cxla_pci
load_stack_alone
serials=$(each_device bind_idle_expander)
settle
# across both bridges in turn, where the window is
window=$(window_of_ways 2 2>/dev/null) && serials="0x1 0x3 0x2 0x4" || window=$(window_of_ways 1)
# shellcheck disable=SC2086 # words are wanted
ways=$(echo $serials | wc -w)
expect_as_in_qemu "nothing is described"
for serial in $serials; do
	allot "$serial" 0
done
expect_as_in_qemu "each device has its share"
make "$window"
echo "$ways" >"$BUS/$REGION/interleave_ways" || fail "not $ways ways"
echo "$GRAIN" >"$BUS/$REGION/interleave_granularity" || fail "not by $GRAIN"
echo $((SHARE * ways)) >"$BUS/$REGION/size" || fail "no addresses"
expect_as_in_qemu "the region has addresses"
pos=0
for serial in $serials; do
	decoder_at "$serial" 0 >"$BUS/$REGION/target$pos" || fail "$serial is not taken in"
	pos=$((pos + 1))
	expect_as_in_qemu "$pos targets"
done

# strict hardware comes with an accelerator; without one a host bridge can't be told to refuse
cxla-guest monitor qom-list /machine/peripheral/hb0 >/tmp/hb0
before=$(committed)
faults=
has /tmp/hb0 refuse-commit && faults="refuse-commit=0xffffffff slow-commit-ms=-1"
for fault in $faults; do
	cxla-guest monitor qom-set /machine/peripheral/hb0 "${fault%=*}" "${fault#*=}" >/dev/null
	! echo 1 >"$BUS/$REGION/commit" 2>/tmp/error || fail "commit=1 succeeds with $fault"
	cxla-guest monitor qom-set /machine/peripheral/hb0 "${fault%=*}" 0 >/dev/null
	expect_as_in_qemu "commit failed: $fault"
	expect_equal "decoders committed after $fault" "$(committed)" "$before"
done
echo 1 >"$BUS/$REGION/commit" || fail "not committed"
expect_as_in_qemu "committed"
[ "$(above)" ] || fail "no decoder above has the range of $REGION"
echo 0 >"$BUS/$REGION/commit" || fail "not uncommitted"
expect_as_in_qemu "uncommitted"
echo 1 >"$BUS/$REGION/commit" || fail "not committed again"
memdev=$(memdev_at "$serial")
echo "$memdev" >"$BUS_DRIVERS/cxla_mem/unbind" || fail "$memdev is not unbound"
expect_as_in_qemu "a member has gone"
