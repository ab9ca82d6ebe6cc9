# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, in a machine whose time counts instructions. Two
# runs of `cxla bench attach` say that they counted them, and of neither attach as a
# whole nor any phase the medians differ by more than three hundredths.

load_modules
bind_all
for n in 1 2; do
	cxla bench attach --cycles 100 --json >/tmp/$n.json 2>/tmp/errors ||
		fail "bench attach: $(cat /tmp/errors)"
	grep -q '"clock": "icount"' /tmp/$n.json || fail "it does not know what it counts"
done
cxla bench --compare /tmp/1.json /tmp/2.json >/tmp/compared || fail "bench --compare"
cat /tmp/compared
grep -q 'P50 (instructions)' /tmp/compared || fail "what is compared is no instructions"
cxla bench --json --compare /tmp/1.json /tmp/2.json | sed -n 's/.*"ratio": \([0-9.]*\).*/\1/p' >/tmp/ratios
[ "$(wc -l </tmp/ratios)" -ge 9 ] || fail "$(wc -l </tmp/ratios) things were compared"
awk '$1 < 0.97 || $1 > 1.03 { bad = 1 } END { exit bad }' /tmp/ratios ||
	fail "ratios of medians: $(tr '\n' ' ' </tmp/ratios)"
echo "figures: ratios of the medians of two runs: $(sort -n /tmp/ratios | head -n 1) to $(sort -n /tmp/ratios | tail -n 1)"
