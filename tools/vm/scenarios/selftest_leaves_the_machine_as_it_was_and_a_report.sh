# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices; needs the program. `cxla selftest` of devices that in-tree
# drivers have, or that nobody has: every part passes, the archive has the report, and the
# machine is as it was. What is in use is refused before anything is touched.

# shellcheck source=/dev/null
. ./selftest_machine.sh
selftest_prepare

selftest --dry-run --json || fail "dry run: $(cat /tmp/errors)"
cp /tmp/out /tmp/dry.json
[ ! -e /tmp/report ] || fail "a dry run leaves a folder"
expect_as_it_was "a dry run"

selftest --seconds 8 --json || { cat /tmp/out /tmp/errors; fail "it ended with $?"; }
cp /tmp/out /tmp/reply.json
expect_replies /tmp/dry.json /tmp/reply.json
! grep -qE '"result": "(failed|skipped)"' /tmp/reply.json || { cat /tmp/reply.json; fail "not all passed"; }
[ ! -e /tmp/report ] || fail "the folder is left beside the archive"
mkdir /tmp/sent
tar -xzf /tmp/report.tar.gz -C /tmp/sent || fail "the archive is none"
for file in before.capture after.capture kernel.log progress.log report.json report.ktap; do
	[ -s "/tmp/sent/report/$file" ] || fail "$file is not in the archive"
done
grep -q '^ok 1 selftest$' /tmp/sent/report/report.ktap || fail "$(cat /tmp/sent/report/report.ktap)"
cxla status --from /tmp/sent/report/before.capture >/tmp/out || fail "the capture is none"
expect_as_it_was "a self-test"

# somebody has the modules
cxla load -q --takeover || fail "cxla load"
status=0
selftest --seconds 1 || status=$?
expect_equal "exit status with modules loaded" "$status" 3
grep -q '(loaded)' /tmp/errors || fail "$(cat /tmp/errors)"
cxla unload -q || fail "cxla unload"
expect_as_it_was "a self-test that was refused"

if selftest_in_tree; then
	# a process has a node of the in-tree stack open
	sleep 100 3</dev/cxl/mem0 &
	pid=$!
	status=0
	selftest --seconds 1 || status=$?
	kill $pid
	expect_equal "exit status with mem0 open" "$status" 3
	grep -q '/dev/cxl/mem0 is in use by sleep' /tmp/errors || fail "$(cat /tmp/errors)"
	expect_as_it_was "a self-test that was refused"
	unload_in_tree
else
	rmmod cxl_acpi || true
fi
