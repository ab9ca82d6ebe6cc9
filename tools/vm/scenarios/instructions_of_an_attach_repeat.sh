# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices, in a machine whose time counts instructions. Two
# runs of `cxla bench attach` say that they counted them. Of the attach as a whole the
# medians differ by no more than three hundredths; of a phase by no more than seven, as
# there are phases that an interrupt falls into in about half of the cycles.

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
cxla bench --json --compare /tmp/1.json /tmp/2.json |
	awk '{ gsub(/[",]/, "") } $1 == "name:" { name = $2 } $1 == "ratio:" { print name, $2 }' >/tmp/named
[ "$(wc -l </tmp/named)" -ge 9 ] || fail "$(wc -l </tmp/named) things were compared"
awk '{ most = $1 ~ /^phases/ ? 0.07 : 0.03; if ($2 < 1 - most || $2 > 1 + most) bad = 1 } END { exit bad }' /tmp/named ||
	fail "ratios of medians: $(tr '\n' ' ' </tmp/named)"
cut -d' ' -f2 /tmp/named | sort -n >/tmp/ratios
echo "figures: ratios of the medians of two runs: $(head -n 1 /tmp/ratios) to $(tail -n 1 /tmp/ratios)"
