# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices; needs the program. The in-tree stack holds the
# devices; load --takeover moves them to ours, unload gives them back.

command -v cxla >/dev/null || fail "the program is not built"
load_in_tree
driver_is() {
	expect_equal "driver of $2" "$(basename "$(readlink "$PCI/$2/driver")")" "$WANTED"
}
WANTED=cxl_pci
each_device driver_is
cxla load --takeover || fail "cxla load --takeover"
WANTED=cxla_accel
each_device driver_is
each_device check_outcome
cxla unload || fail "cxla unload"
WANTED=cxl_pci
each_device driver_is
if grep -q ^cxla_ /proc/modules; then
	fail "a module of ours is still loaded"
fi
unload_in_tree
