# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, on a kernel with pause points. The last device is
# bound to cxla_pci here: its region is not locked. Every trigger meets every other
# one: after it, while it is held at each point it passes, and when it is killed there.
#
# Which of them: cxla.pairs=WORDS of the kernel's command line are arguments of `cxla
# pairs`, with commas for blanks; else it is every 50th.
# shellcheck source=/dev/null
. ./triggers.sh

arguments() {
	local word
	local words
	read -r words </proc/cmdline
	for word in $words; do
		case $word in
		cxla.pairs=*)
			echo "${word#cxla.pairs=}" | tr ',' ' '
			return
			;;
		esac
	done
	echo "--stride 50"
}

collect() {
	[ "$3" = attached ] && [ "$7" = 0 ] && echo "$2"
}

bind_other() {
	[ "$2" = "$expander" ] || bind_one "$@"
}

load_modules
# the last one: decoders of a port are reset in reverse
expander=$(each_device collect | tail -n 1)
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"
each_device bind_other
bind "$expander" cxla_pci
expect_equal "driver of $expander" "$(driver_of "$expander")" cxla_pci

if [ ! -e /sys/kernel/debug/cxla/pause ]; then
	cxla pairs >/tmp/refused 2>&1
	expect_equal "pairs without pause points" $? 3
	grep -q "CONFIG_FAULT_INJECTION is needed" /tmp/refused ||
		fail "refused for another reason: $(cat /tmp/refused)"
	exit 0
fi

# without a way back nothing is put at risk
cxla pairs --second reset >/tmp/refused 2>&1
expect_equal "pairs that may lose decoders" $? 3
grep -q "could be lost" /tmp/refused || fail "refused for another reason: $(cat /tmp/refused)"

# binding is told of for each device each time, over a slow console
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
{
	# shellcheck disable=SC2046
	cxla pairs --recommit "sh $PWD/recommit.sh" $(arguments)
	echo $? >/tmp/pairs.status
} 2>&1 | cat
echo "$level" >/proc/sys/kernel/printk
read -r status </tmp/pairs.status
[ "$status" -eq 0 ] || fail "cxla pairs ended with $status"
