# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. `cxla watch` tells of a detach, an attach and a port that is
# unbound, by the kernel's events and by what it sees, with whose task did it. Modules are
# unloaded meanwhile as if nobody watched, and its trace buffer goes with it; killed, it
# leaves one that is taken for nothing.
# shellcheck source=/dev/null
. ./triggers.sh

cxla load --all >/dev/null 2>&1 || fail "cxla load --all"
address=$(first_accelerator)
cxla watch --lines --interval 0.1 >/tmp/watched 2>/tmp/errors &
watcher=$!
until [ -d "/sys/kernel/tracing/instances/cxla-$watcher" ]; do
	kill -0 $watcher || fail "it does not watch: $(cat /tmp/errors)"
	sleep 0.1
done
sleep 1
cxla detach "$address" >/dev/null || fail "cxla detach"
cxla attach "$address" >/dev/null || fail "cxla attach"
echo port1 >/sys/bus/cxla/drivers/cxla_port/unbind || fail "port1 is not unbound"
cxla unload >/tmp/unload 2>&1 || fail "unload while it watches: $(cat /tmp/unload)"
cxla load --all >/dev/null 2>&1 || fail "cxla load --all"
sleep 1
kill -INT $watcher
wait $watcher || fail "it ended with $?: $(cat /tmp/errors)"
for words in "cxla_revoke $address" "cxla_attach $address" cxla_region_del cxla_region_add \
	"$address: .* -> no driver" "module cxla_core: loaded -> gone" "module cxla_core: new" \
	"cxla_attach .* by cxla-"; do
	has /tmp/watched "$words" || fail "it does not tell of $words: $(cat /tmp/watched)"
done
[ ! -d "/sys/kernel/tracing/instances/cxla-$watcher" ] || fail "its trace buffer is left"
cxla watch --lines --seconds 1 --json >/tmp/reply || fail "cxla watch --json"
expect_replies /tmp/reply
cxla status --map >/tmp/map || fail "cxla status --map"
has /tmp/map "$address \[" || fail "$address has no range in the map: $(cat /tmp/map)"
