# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What `make race` runs inside: every device of the topology is attached but for the
# last one, which is a memory expander, and `cxla race` has the options given.
cd /opt/cxla/scenarios || exit 125
# shellcheck source=/dev/null
. ./lib.sh

# the device is to be uncommitted, too, and that in reverse order
load_modules
bind_all_and_an_expander
# these decide about ranges of devices that are bound
modprobe cxla_hmem
modprobe cxla_dax
echo 5 >/proc/sys/kernel/printk
cxla race --recommit "sh $PWD/recommit.sh" --log - "$@"
status=$?
unload_modules || status=1
[ "$status" -eq 0 ]
