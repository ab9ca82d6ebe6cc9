# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. With an active region the machine does not go to
# sleep, and the range is as before. Without one it may, and devices attach after it.
# shellcheck source=/dev/null
. ./triggers.sh

grep -q freeze /sys/power/state 2>/dev/null ||
	skip "this kernel knows no suspend"
load_modules
first=$(first_attached)
begin "$first"
# should it be taken after all: no further than freezing processes
[ ! -e /sys/power/pm_test ] || echo freezer >/sys/power/pm_test
if (echo freeze >/sys/power/state) 2>/tmp/refused; then
	fail "the machine went to sleep with an active region"
fi
grep -q "busy" /tmp/refused || fail "suspend: $(cat /tmp/refused)"
kernel_said "a CXL region is active" || fail "nothing tells why"
expect_kept "$first"
undone "never refused"

if [ -e /sys/power/pm_test ]; then
	unbind_all
	! has_regions || fail "a region is left with no device bound"
	echo freeze >/sys/power/state || fail "the machine may not sleep without a region"
	echo none >/sys/power/pm_test
	bind_all
	each_device check_outcome
fi
