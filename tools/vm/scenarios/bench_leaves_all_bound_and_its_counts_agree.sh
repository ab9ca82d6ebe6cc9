# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology of four attached devices. Every subcommand of `cxla bench`, in few
# cycles: no number of it depends on how fast the machine is. An event is read after
# it was sent, and sent before the write returns; register accesses are the same in
# each cycle, however many devices are attached; what was bound before is bound
# afterwards, a run that was ended by a signal included.

# measured FILE THING FIELD: one line for each result
measured() {
	awk -v thing="\"$2\":" -v field="\"$3\":" '
		$1 == thing { inside = 1 }
		inside && $1 == field { sub(/,$/, "", $2); print $2; inside = 0 }' "$1"
}

bench() {
	local name=$1
	shift
	cxla bench "$name" --cycles 15 --warmup 2 --json "$@" >"/tmp/$name.json" 2>/tmp/errors ||
		fail "bench $name: $(cat /tmp/errors)"
	expect_bound "bench $name"
}

# in_order FILE EARLIER LATER: of each result, even the quickest cycle of the later
# thing takes longer than the quickest one of the earlier
in_order() {
	measured "$1" "$2" min >/tmp/earlier
	measured "$1" "$3" min >/tmp/later
	[ -s /tmp/earlier ] || fail "$1 has no $2"
	paste /tmp/earlier /tmp/later | awk '$1 + 0 > $2 + 0 || NF != 2 { bad = 1 } END { exit bad }' ||
		fail "$1: $2 is later than $3: $(paste /tmp/earlier /tmp/later | tr '\n' ' ')"
}

show_one() {
	echo "$2 $(basename "$(readlink "$PCI/$2/driver")") $(cat "$PCI/$2/cxla/accel" \
		"$PCI/$2/cxla/state" "$PCI/$2/cxla/range" "$PCI/$2/cxla/on_loss" | tr '\n' ' ')"
}

expect_bound() {
	each_device show_one >/tmp/now
	cmp -s /tmp/before /tmp/now || { diff /tmp/before /tmp/now
		fail "not as before: $1"; }
}

load_modules
bind_all
echo unbind >"$PCI/$(address_of 0x1)/cxla/on_loss"
each_device show_one >/tmp/before
count=$(wc -l </tmp/before)
series=13 # things measured of an attach: nine parts, all of it, the bind, two of the event
[ "$count" -ge 4 ] || fail "$count devices"

bench attach --hdr /tmp/hdr
expect_equal "results" "$(measured /tmp/attach.json bind min | wc -l)" "$count"
expect_equal "devices whose accesses are the same in each cycle" \
	"$(grep -c '"equal_in_all_cycles": true' /tmp/attach.json)" "$count"
in_order /tmp/attach.json total event_sent
in_order /tmp/attach.json event_sent event_read
in_order /tmp/attach.json event_sent bind
expect_equal "histograms" "$(find /tmp/hdr -type f | wc -l)" $((count * series))
# what the node says of the attach that is there now
for field in mmio_reads mmio_writes cfg_reads cfg_writes; do
	told=$(cxla-guest info "$(node_of "$(address_of 0x1)")" | awk -F= -v field="$field" '$1 == field { print $2 }')
	[ "$told" ] || fail "cxla-guest tells no $field"
	expect_equal "$field" "$(sed -n "s/.*\"$field\": \([0-9]*\).*/\1/p" /tmp/attach.json | head -n 1)" "$told"
done

bench detach
in_order /tmp/detach.json revoke_sent revoke_read
in_order /tmp/detach.json revoke_sent unbind
in_order /tmp/detach.json revoke_read end_read

bench revoke --pages 0,64
expect_equal "results" "$(measured /tmp/revoke.json unbind min | wc -l)" $((count * 2))
in_order /tmp/revoke.json revoke_sent unbind
in_order /tmp/revoke.json revoke_sent detach_sent
in_order /tmp/revoke.json detach_sent detach_read

bench scale
expect_equal "results" "$(measured /tmp/scale.json bind min | wc -l)" "$count"
sed -n 's/.*"others": \([0-9]*\).*/\1/p' /tmp/scale.json | tr '\n' ' ' >/tmp/others
expect_equal "others" "$(cat /tmp/others)" "$(seq 0 $((count - 1)) | tr '\n' ' ')"
for field in mmio_reads mmio_writes cfg_reads cfg_writes; do
	expect_equal "different $field with others attached" \
		"$(grep "\"$field\"" /tmp/scale.json | sort -u | wc -l)" 1
done

bench threads --threads 1,2,4
expect_equal "results" "$(measured /tmp/threads.json wall min | wc -l)" 3

cxla bench --compare /tmp/attach.json /tmp/attach.json >/tmp/compared || fail "bench --compare"
expect_equal "things that are as they are" \
	"$(grep -c ' 1\.000 .* same within spread' /tmp/compared)" $((count * series))
if cxla bench --compare /tmp/attach.json /tmp/detach.json 2>/tmp/errors; then
	fail "attach is compared with detach"
fi
grep -q "A is of .cxla bench attach., B of .cxla bench detach." /tmp/errors ||
	fail "compared: $(cat /tmp/errors)"

# whoever ends it does so somewhere in a cycle
for name in attach revoke scale threads; do
	cxla bench "$name" --cycles 1000000 >/tmp/killed 2>&1 &
	sleep 1
	kill -TERM $!
	wait $!
	expect_equal "exit status of bench $name" $? 143
	grep -q "what was bound before is bound again" /tmp/killed || fail "bench $name: $(cat /tmp/killed)"
	expect_bound "bench $name, killed"
done
cxla bench attach --cycles 1000000 --json >/tmp/ended.json 2>/tmp/errors &
sleep 1
kill -TERM $!
wait $!
expect_equal "exit status of bench attach --json" $? 143
expect_bound "bench attach --json, killed"

# regions of accelerators are locked
cxla bench delete >/tmp/refused 2>&1
expect_equal "bench delete without an expander" $? 3
expander=$(address_of 0x2)
unbind "$expander"
bind "$expander" cxla_pci
region=$(cat "$BUS/$(endpoint_decoder_of "$expander")/region")
cxla bench delete --cycles 15 --warmup 2 --json >/tmp/delete.json 2>/tmp/errors ||
	fail "bench delete: $(cat /tmp/errors)"
expect_equal "results" "$(measured /tmp/delete.json delete min | wc -l)" 1
expect_equal "driver of $expander" "$(basename "$(readlink "$PCI/$expander/driver")")" cxla_pci
expect_equal "its region" "$(cat "$BUS/$(endpoint_decoder_of "$expander")/region")" "$region"

cxla bench --compare /tmp/attach.json /tmp/attach.json --json >/tmp/compare.json ||
	fail "bench --compare --json"
expect_replies /tmp/attach.json /tmp/detach.json /tmp/revoke.json /tmp/scale.json \
	/tmp/threads.json /tmp/delete.json /tmp/ended.json /tmp/compare.json
