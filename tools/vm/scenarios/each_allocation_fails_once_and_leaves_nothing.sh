# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with two attached devices, one of them not locked; a kernel that lets
# allocations fail. The one that is not locked is bound as a memory expander. Each
# operation is done over and over, and each time a later allocation of it fails: it
# fails as a whole or is done, nothing is left behind or lost, and done again it succeeds.
# With Soft Reserved ranges, the modules that give them to device-dax are loaded, too.
#
# What is done: cxla.failnth=OPTIONS on the kernel's command line, commas for spaces
# and pluses for the commas within; else all.

options() {
	tr ' ' '\n' </proc/cmdline | sed -n 's/^cxla\.failnth=//p' | tr ',+' ' ,'
}

check_others() {
	[ "$2" = "$expander" ] || is_idle_expander "$@" || check_outcome "$@"
}

[ -e /proc/self/fail-nth ] || skip "the kernel has no fault injection"
load_modules
! grep -q memmap= /proc/cmdline || load_modules "cxla_hmem cxla_dax"
bind_all_and_an_expander
[ -n "$expander" ] || fail "no device of the topology is attached and not locked"
each_device check_others
# each attach that fails is told of, over a slow console; warnings still are
read -r level _ </proc/sys/kernel/printk
echo 5 >/proc/sys/kernel/printk
# shellcheck disable=SC2046 # several words
cxla failnth $(options)
status=$?
cxla failnth --operations attach --stride 200 --leaks no --json >/tmp/failnth.json 2>/tmp/errors ||
	fail "cxla failnth --json: $(cat /tmp/errors)"
echo "$level" >/proc/sys/kernel/printk
expect_replies /tmp/failnth.json
[ "$status" -eq 0 ] || fail "cxla failnth ended with $status"
each_device check_others
# those of Soft Reserved ranges nobody else unloads
for module in cxla_dax cxla_hmem; do
	! [ -d "/sys/module/$module" ] || rmmod "$module" || fail "$module can't be removed"
done
