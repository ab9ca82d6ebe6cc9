# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Runs the scenarios named, one after the other, each in a shell of its own and
# with nothing of ours loaded before. What the host reads: lines that start with
# "::", among whatever the scenarios print.

cd /opt/cxla/scenarios || exit 125
# shellcheck source=/dev/null
. ./lib.sh

# in hundredths of a second
now() {
	local up
	read -r up _ </proc/uptime
	now=${up%.*}${up#*.}
}

for name in "$@"; do
	echo "<6>cxla-vm: scenario $name" >/dev/kmsg
	echo ":: begin $name"
	now
	start=$now
	if [ -e "$name.sh" ]; then
		# shellcheck disable=SC2016 # $0 is the inner shell's
		sh -c '. ./lib.sh; . "./$0.sh"' "$name" 2>&1
		status=$?
	else
		echo "there is no scenario $name"
		status=1
	fi
	# kernel messages of this scenario, for whoever reads of its failure
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		echo "kernel log:"
		scenario_log | tail -n 40
	fi
	if ! unload_modules; then
		status=1
	fi
	restore_cedt
	now
	echo ":: end $name $status $((now - start))"
done
exit 0
