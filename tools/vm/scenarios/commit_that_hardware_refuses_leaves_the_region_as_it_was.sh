# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with an expander, whose region is not locked, and strict hardware above it. 0
# was written to commit; then the host bridge refuses to commit its decoder, and then it does
# not come to an end. 1 written to commit is an error each time, and all decoders of the way
# are idle as before; once hardware does as it is told the region is committed.
# shellcheck source=/dev/null
. ./triggers.sh

# strict hardware comes with the first accelerator of the machine
collect() {
	is_accelerator "$2" || echo "$2"
}
load_modules
expander=$(each_device collect | head -n 1)
[ "$expander" ] || fail "no device of the topology is an expander"
cxla-guest monitor qom-list /machine/peripheral/hb0 >/tmp/hb0
has /tmp/hb0 "refuse-commit" || skip "host bridges of this QEMU keep no rules"
bind "$expander" cxla_pci
region=$(region_of "$expander") || fail "$expander has no region"
endpoint=$(endpoint_of "$expander")
bridge=$(readlink -f "$BUS/$endpoint/..")
committed() {
	echo "$(cat "$BUS/$endpoint/decoders_committed") $(cat "$bridge/decoders_committed") $(in_registers "$expander")"
}
before=$(committed)
set_bridge() {
	cxla-guest monitor qom-set /machine/peripheral/hb0 "$1" "$2" >/tmp/monitor ||
		fail "QEMU does not set $1: $(cat /tmp/monitor)"
}

echo 0 >"$BUS/$region/commit" || fail "commit=0 fails"
idle=$(committed)
[ "$idle" != "$before" ] || fail "commit=0 changed nothing"
for fault in refuse-commit slow-commit-ms; do
	value=0xffffffff
	[ $fault = refuse-commit ] || value=-1
	set_bridge $fault $value
	! echo 1 >"$BUS/$region/commit" 2>/tmp/error || fail "commit=1 succeeds with $fault"
	echo "$fault: $(cat /tmp/error)"
	expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 0
	expect_equal "committed decoders after $fault" "$(committed)" "$idle"
	set_bridge $fault 0
done
echo 1 >"$BUS/$region/commit" || fail "commit=1 fails, and hardware does as it is told"
expect_equal "commit of $region" "$(cat "$BUS/$region/commit")" 1
expect_equal "committed decoders" "$(committed)" "$before"
