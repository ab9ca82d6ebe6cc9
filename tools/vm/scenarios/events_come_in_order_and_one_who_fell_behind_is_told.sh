# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. Events of many ends are read in the order of what
# happened, numbered without a gap, before the hangup. One who reads late is told how
# many are lost to it, and goes on with the oldest there is.
# shellcheck source=/dev/null
. ./triggers.sh

ROOT=/sys/bus/platform/drivers/cxla_acpi
load_modules
bind_all
first=$(first_attached)
take_snapshot /tmp/snapshot
node=$(node_of "$first")
mkfifo /tmp/go
cxla-guest events "$node" late </tmp/go >/tmp/late 2>&1 &
late=$!
exec 9>/tmp/go
cxla-guest events "$node" >/tmp/prompt 2>&1 &
prompt=$!
eventually has /tmp/late "^opened" || fail "the reader does not open the node"
eventually has /tmp/prompt "^attach" || fail "no attach event"
rounds=30
n=0
while [ $n -lt $rounds ]; do
	echo ACPI0017:00 >$ROOT/unbind
	flush
	echo ACPI0017:00 >$ROOT/bind
	flush
	n=$((n + 1))
done
outcome_as_expected "$first"
echo >&9
exec 9>&-
# one attach to begin with, three events a round
all=$((1 + 3 * rounds))
eventually has /tmp/late "seq=$all " || fail "the late reader does not come to the last event"
eventually has /tmp/prompt "seq=$all " || fail "the other reader does not come to the last event"
unbind "$first"
eventually has /tmp/late "^hangup" || fail "no hangup for the late reader"
eventually has /tmp/prompt "^hangup" || fail "no hangup for the other reader"
wait $late || fail "the late reader failed"
wait $prompt || fail "the other reader failed"
rm -f /tmp/go
awk -v rounds=$rounds '
	/^hangup/ { next }
	{ split($2, s, "="); seq = s[2]; split($6, t, "=")
	  want = seq == 1 ? "attach" : seq % 3 == 2 ? "revoke" : seq % 3 == 0 ? "detach" : "attach"
	  if ($1 != want || seq != last + 1 || t[2] + 0 < time) { print "wrong: " $0; bad = 1 }
	  time = t[2] + 0
	  last = seq }
	END { if (last < 3 * rounds + 1) bad = 1; exit bad }' /tmp/prompt ||
	fail "the prompt reader's events"
sed -n 2p /tmp/late | grep -q "^overflow seq=$((all - 64)) .*count=$((all - 64)) " ||
	fail "the late reader's first: $(sed -n 2p /tmp/late)"
sed -n 3p /tmp/late | grep -q "seq=$((all - 63)) " || fail "its second: $(sed -n 3p /tmp/late)"
# the one that reads what has been, and the last that came with the unbinding
grep -E "^(attach|revoke|detach)" /tmp/prompt | tail -n 64 >/tmp/kept
sed -n '3,$p' /tmp/late | grep -E "^(attach|revoke|detach)" | head -n 64 >/tmp/read
expect_equal "events kept" "$(wc -l </tmp/read)" 64
bind_all
expect_snapshot
