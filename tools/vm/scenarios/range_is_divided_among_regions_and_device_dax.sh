# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, Soft Reserved ranges of any kind: over two regions, over
# more than a region, over less, unaligned, in the window or not. Each byte is its region's
# owner's, or else device-dax's, or else the ledger says why it is nobody's; whoever
# has the regions.
# shellcheck source=/dev/null
. ./soft.sh

turn() {
	echo "== $1"
	decided
	flush
	shift
	expect_owners "$@"
	expect_an_answer
	cat /tmp/got
	# 7.x keeps them apart from the iomem tree but for those that are hmem's
	if grep -q " hmem " /tmp/got || [ "$(uname -r | cut -d. -f1)" -lt 7 ]; then
		[ "$(soft_iomem)" ] || fail "no Soft Reserved range is in the iomem tree"
	fi
	end_soft_clean
}
soft_iomem() {
	grep "Soft Reserved" /proc/iomem
}

load_with_expanders() {
	load_modules
	for serial in $(serials); do
		bind "$(address_of "$serial")" cxla_pci
	done
}

begin_soft
load_modules
bind_all
load_modules "cxla_hmem cxla_dax"
# shellcheck disable=SC2046 # words
turn "accelerators" $(owned_by accelerator,owned,attached)

load_with_expanders
load_modules "cxla_hmem cxla_dax"
# shellcheck disable=SC2046 # words
turn "expanders" $(owned_by dax,owned,region)

load_with_expanders
load_modules cxla_hmem
# shellcheck disable=SC2046 # words
turn "expanders, and cxla_dax is not there" $(owned_by none,free,region-idle)

load_modules "$MODULES cxla_hmem cxla_dax"
# shellcheck disable=SC2046 # words
turn "devices without driver" $(kept_by_class)

load_modules
bind "$FIRST_AT" cxla_pci
bind "$SECOND_AT"
load_modules "cxla_hmem cxla_dax"
turn "one of each" "$FIRST=dax,owned,region" "$SECOND=accelerator,owned,attached"
