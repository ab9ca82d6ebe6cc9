# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges on some of their decoders.
# Devices are meant for an accelerator by driver_override alone; modules come in any
# order, cxla_hmem first, in the middle or last. Each device has its range in the end,
# and no byte of it was device-dax's at any time. cxla.seed=N of the command line
# begins another series of orders; cxla.orders=N are so many, else 6.
# shellcheck source=/dev/null
. ./soft.sh

seed=$(sed -n 's/.*cxla\.seed=\([0-9]*\).*/\1/p' /proc/cmdline)
seed=${seed:-6}

shuffled() {
	local word
	for word in $MODULES cxla_hmem cxla_dax; do
		seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
		echo "$seed $word"
	done >/tmp/shuffle
	# the last number is where the next series goes on
	sort -n /tmp/shuffle | cut -d' ' -f2 >/tmp/order
}

begin_soft
orders=$(number_of orders 6)
turn=0
while [ "$turn" -lt "$orders" ]; do
	turn=$((turn + 1))
	shuffled
	read -r seed _ <<-END
		$(tail -n 1 /tmp/shuffle)
	END
	meant_for cxla_accel
	dax_trace
	while read -r module; do
		modprobe "$module" || fail "$module does not load"
	done </tmp/order
	decided
	flush
	each_device check_outcome
	# shellcheck disable=SC2046 # words
	expect_owners $(owned_by accelerator,owned,attached)
	# shellcheck disable=SC2046 # words
	never_dax $(serials)
	echo "$turn: $(tr '\n' ' ' </tmp/order)"
	end_soft_clean
done
