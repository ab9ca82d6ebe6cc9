# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with faults. Attach, detach and unload write to no decoder: a second
# load says the same of each, value for value, in the same words.

load_modules
bind_all
errors >/tmp/first
[ -s /tmp/first ] || fail "nothing is broken on this topology"
unload_modules || fail "not unloaded"
dmesg -c >/dev/null
echo "<6>cxla-vm: scenario broken_decoder_keeps_its_values" >/dev/kmsg
load_modules
bind_all
errors >/tmp/second
diff /tmp/first /tmp/second || fail "the second load says something else"
