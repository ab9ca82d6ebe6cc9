# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# recommit.sh ADDRESS...: what firmware would do for devices that have lost their
# decoders, all the way up. Not a scenario by itself: `cxla race --recommit` calls it,
# with nothing of ours bound. Ranges of several devices are none of its business.
cd /opt/cxla/scenarios || exit 1
# shellcheck source=/dev/null
. ./lib.sh

wanted=" $* "
plan_of() {
	case $wanted in
	*" $2 "*)
		grep "serials=$1 " /etc/cxla/plan || [ "$4" = not-committed ] ||
			fail "$2: the plan has nothing of it"
		;;
	esac
}

each_device plan_of >/tmp/recommit.plan || exit 1
cxl-firmware /tmp/recommit.plan
