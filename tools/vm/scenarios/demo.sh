# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The inside of `make run`: demo.sh CYCLES. Not a test by itself.
# shellcheck source=/dev/null
. /opt/cxla/scenarios/lib.sh

title() {
	printf '\n-- %s\n' "$*"
}

title "firmware"
cat /run/firmware.log
title "load and attach"
cxla load --all || fail "cxla load --all"
each_device check_outcome
title "a different pattern into each range, then each read back"
each_device write_pattern
each_device check_pattern
title "status"
cxla status || fail "cxla status"
title "ledger"
cxla ledger || fail "cxla ledger"
title "bench"
cxla bench attach --cycles "$1" || fail "cxla bench attach"
each_device check_outcome
title "unload"
cxla unload || fail "cxla unload"
if grep '^cxla' /proc/modules; then
	fail "modules stay loaded"
fi
echo "nothing of ours is left loaded"
