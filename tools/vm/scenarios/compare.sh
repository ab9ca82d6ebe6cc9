# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# compare.sh STACK DRIVER TASK...: what tools/compare has observed of one stack, "ours" or
# "in-tree", with one driver of accelerators. Not a scenario by itself. The topology's
# first device is the one that things are done to, and it is attached.
#
# A task is an observation (see_NAME in compare-seen.sh, compare-regions.sh and
# compare-soft.sh), each from everything loaded anew and decoders as firmware left them; or accesses=N,
# bench=CYCLES, scale=CYCLES, race=SECONDS.
# What the host reads:
#
#   :: begin NAME
#   SEEN TEXT	what came of it (BENCH, RACE: and JSON)
#   KERNEL TEXT	what the kernel had to say
#   HUNG TEXT	where it waits, and does not return
#   :: end NAME
#
# After a report the detectors are off, and after a hang nothing can be done any more:
# then this ends, with status 9, and the host starts a machine for the rest.

cd /opt/cxla/scenarios || exit 125
# shellcheck source=/dev/null
. ./lib.sh
# shellcheck source=/dev/null
. ./compare-seen.sh
# shellcheck source=/dev/null
. ./compare-regions.sh
# shellcheck source=/dev/null
. ./compare-soft.sh

# of an observation; what measures has its own limits
PATIENCE=90
case $* in
*=*) PATIENCE=3600 ;;
esac
choose "$1" "$2"
shift 2

# what the kernel said since the task began; the report itself before its frame
kernel_words() {
	scenario_log | tr -d '\r' | sed 's/^\[[^]]*\]\(\[[^]]*\]\)\? *//' >/tmp/log
	grep -E "WARNING:|BUG:|KASAN|possible (recursive|circular)|refcount_t:|ODEBUG|general protection|INFO: task .* blocked|corruption" /tmp/log |
		grep -vE "cxla-vm: scenario" | head -n 2
	! grep -qE "cut here|Call Trace" /tmp/log || echo "(with a call trace)"
}

# run_task NAME COMMAND...: in a shell that may hang
run_task() {
	local name=$1 pid left=$((PATIENCE * 4)) words
	shift
	echo "<6>cxla-vm: scenario $name" >/dev/kmsg
	echo ":: begin $name"
	("$@") >/tmp/task 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null && [ "$left" -gt 0 ]; do
		sleep 0.25
		left=$((left - 1))
	done
	cat /tmp/task
	words=$(kernel_words)
	[ -z "$words" ] || echo "$words" | sed 's/^/KERNEL /'
	if [ "$left" -eq 0 ]; then
		echo "HUNG $(sed -n 's/^\[<0>\] \([^+]*\).*/\1/p' "/proc/$pid/stack" | head -n 6 | tr '\n' ' ')"
		echo ":: end $name"
		exit 9
	fi
	if [ -n "$words" ]; then
		echo ":: end $name"
		exit 9
	fi
	echo ":: end $name"
	unload_stack >/tmp/unload.words 2>&1 || {
		sed 's/^/# /' /tmp/unload.words
		exit 9
	}
}

for task in "$@"; do
	case $task in
	accesses=* | bench=* | race=* | scale=*) run_task "${task%=*}" "${task%=*}" "${task#*=}" ;;
	*) run_task "$task" "see_$(echo "$task" | tr - _)" ;;
	esac
done
exit 0
