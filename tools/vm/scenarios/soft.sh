# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the scenarios about Soft Reserved ranges share; sourced by each of them. Not
# a scenario by itself. The ranges are those of the command line, memmap=SIZE%START+TYPE, or
# what UEFI was asked to mark, which is there too.
#
# Ranges are written here as two decimal numbers, first and last byte.
# shellcheck source=/dev/null
. ./triggers.sh

DAX=/sys/bus/dax
LEDGER=/sys/kernel/debug/cxla/ledger
HMEM=/sys/bus/platform/drivers/cxla_hmem_platform
HMEM_DEVICE=hmem_platform.0
DAX_DRIVER=/sys/bus/cxla/drivers/cxla_dax_region
ALIGN=$((2 << 20))
# of the one window that each topology used here has
WINDOW_SIZE=$((4 << 30))

trap 'end_soft' EXIT
end_soft() {
	local file pid
	for file in /tmp/keep.*.pid; do
		[ -e "$file" ] || continue
		read -r pid <"$file"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		rm -f "$file"
	done
	end_all
	ask_no_more
	# what a scenario that failed has left in the way of the next one
	unload_memory
}

# the in-tree drivers of Soft Reserved memory, and those of CXL that came with them
unload_memory() {
	local module
	for module in dax_cxl dax_hmem cxl_pci cxl_mem cxl_acpi cxl_port; do
		! grep -q "^$module " /proc/modules || rmmod $module || return 1
	done
}

bytes_of() {
	case $1 in
	*G) echo $((${1%G} << 30)) ;;
	*M) echo $((${1%M} << 20)) ;;
	*K) echo $((${1%K} << 10)) ;;
	*) echo $(($1)) ;;
	esac
}

soft_ranges() {
	local word range rest start size
	read -r word </proc/cmdline
	for word in $word; do
		case $word in
		memmap=*) rest=${word#memmap=}, ;;
		cxla.efi=*) rest=${word#cxla.efi=}, ;;
		*) continue ;;
		esac
		while [ "$rest" ]; do
			range=${rest%%,*}
			rest=${rest#*,}
			size=$(bytes_of "${range%%[%@]*}")
			range=${range#*[%@]}
			start=$(bytes_of "${range%%+*}")
			echo "$start $((start + size - 1))"
		done
	done
}

# without any there is nothing to decide about
soft_ranges >/tmp/soft
[ -s /tmp/soft ] || fail "the command line has no Soft Reserved range"
while read -r start end; do
	[ "$start" -gt 0 ] && [ "$end" -gt "$start" ] && continue
	fail "the command line has a Soft Reserved range of '$start' to '$end'"
done </tmp/soft
cxla_window=$(cxla-guest window 0) || fail "there is no window"

# hexadecimal in front of lines that begin with a range
readable() {
	local start end rest
	while read -r start end rest; do
		printf '0x%x-0x%x%s\n' "$start" "$end" "${rest:+ $rest}"
	done
}

# START END OWNER STATE REASON WHO, of all that was decided about
ledger() {
	local range owner state why who _
	while read -r range owner state why who _; do
		echo "$((${range%-*})) $((${range#*-})) $owner $state $why $who"
	done <"$LEDGER"
}

# the same of Soft Reserved bytes only, without WHO: neighbours that are alike are one
ledger_of_soft() {
	ledger >/tmp/ledger
	awk 'NR == FNR { s[++n] = $1; e[n] = $2; next }
		{ for (i = 1; i <= n; i++) {
			start = $1 > s[i] ? $1 : s[i]; end = $2 < e[i] ? $2 : e[i]
			if (start <= end) printf "%d %.0f %.0f %s %s %s\n", i, start, end, $3, $4, $5
		} }' /tmp/soft /tmp/ledger | sort -n -k1,1 -k2,2 | joined
}

# NUMBER START END TEXT...: neighbours with the same text and number are one
joined() {
	awk '{ text = $4 " " $5 " " $6 }
		$1 == number && text == last && $2 == end + 1 { end = $3; next }
		NR > 1 { printf "%.0f %.0f %s\n", start, end, last }
		{ number = $1; start = $2; end = $3; last = text }
		END { if (NR) printf "%.0f %.0f %s\n", start, end, last }'
}

# Who has to have each byte, by points where somebody's part begins: a part is
# "RANK START END OWNER STATE REASON". What is hmem's is cut to what device-dax takes.
expected_of_soft() {
	awk -v align="$ALIGN" '
		function piece(s, e, text) {
			if (s <= e) printf "%d %.0f %.0f %s\n", range, s, e, text
		}
		function cut(s, e, text, first, last) {
			if (text !~ /^hmem/) { piece(s, e, text); return }
			first = int((s + align - 1) / align) * align
			last = int((e + 1) / align) * align
			if (first >= last) { piece(s, e, small); return }
			piece(s, first - 1, small)
			piece(first, last - 1, text)
			piece(last, e, small)
		}
		function at(point, i, best, rank) {
			rank = -1; best = 0
			for (i = 1; i <= parts; i++)
				if (ps[i] <= point && pe[i] >= point && pr[i] > rank) {
					rank = pr[i]; best = i
				}
			return best
		}
		BEGIN { small = "none free too-small" }
		NR == FNR { parts++; pr[parts] = $1; ps[parts] = $2; pe[parts] = $3
			text[parts] = $4 " " $5 " " $6; next }
		{ range++; start = $1; best = at(start)
		while (start <= $2) {
			end = $2
			next_best = best
			point = start
			while (1) {
				edge = $2 + 1
				for (i = 1; i <= parts; i++) {
					if (ps[i] > point && ps[i] < edge) edge = ps[i]
					if (pe[i] + 1 > point && pe[i] + 1 < edge) edge = pe[i] + 1
				}
				if (edge > $2) { end = $2; break }
				next_best = at(edge)
				if (next_best != best) { end = edge - 1; break }
				point = edge
			}
			cut(start, end, best ? text[best] : "hmem owned no-window")
			start = end + 1
			best = next_best
		} }' /tmp/parts /tmp/soft | joined
}

add_region() {
	local verdict=
	case $OWNERS in
	*" $1="*)
		verdict=${OWNERS#*" $1="}
		verdict=${verdict%% *}
		;;
	esac
	[ "$3" = attached ] && [ "$verdict" ] || return 0
	echo "2 $5 $(($5 + $6 - 1)) $(echo "$verdict" | tr , ' ')" >>/tmp/parts
}

# expect_owners [SERIAL=OWNER,STATE,REASON]...: each Soft Reserved byte of those devices'
# decoders is theirs, each other one is hmem's; and /dev/daxN.M are what the ledger says
expect_owners() {
	OWNERS=" $* "
	echo "1 $((cxla_window)) $((cxla_window + WINDOW_SIZE - 1)) hmem owned no-region" \
		>/tmp/parts
	each_device add_region
	expected_of_soft | readable >/tmp/wanted
	ledger_of_soft | readable >/tmp/got
	diff /tmp/wanted /tmp/got || fail "the ledger has other owners than it should"
	expect_dax
}

# each byte has an owner, or there is a reason why it has none
expect_an_answer() {
	local pos limit s e owner state why
	while read -r pos limit; do
		ledger_of_soft >/tmp/answers
		while read -r s e owner state why; do
			if [ "$s" -gt "$pos" ] || [ "$e" -lt "$pos" ]; then
				continue
			fi
			[ "$state" != waiting ] || fail "undecided: $(echo "$s $e $owner $state $why" | readable)"
			[ "$owner $why" != "none error" ] || fail "an error: $(echo "$s $e" | readable)"
			pos=$((e + 1))
		done </tmp/answers
		[ "$pos" -gt "$limit" ] ||
			fail "no word of who has $(echo "$pos $limit" | readable)"
	done </tmp/soft
}

# START END of each device of device-dax
dax_ranges() {
	local dev start size
	for dev in "$DAX"/devices/dax*; do
		[ -e "$dev" ] || continue
		read -r start <"$dev/resource"
		read -r size <"$dev/size"
		echo "$((start)) $((start + size - 1))"
	done | sort -n
}

expect_dax() {
	dax_ranges | readable >/tmp/dax
	ledger | awk '($3 == "hmem" || $3 == "dax") && $4 == "owned" { print $1, $2 }' |
		readable >/tmp/owned
	diff /tmp/owned /tmp/dax || fail "devices of device-dax are not what the ledger says"
}

# nameof START: daxN.M that begins there
dax_at() {
	local dev start
	for dev in "$DAX"/devices/dax*; do
		[ -e "$dev" ] || continue
		read -r start <"$dev/resource"
		[ $((start)) -ne $(($1)) ] || { echo "${dev##*/}" && return; }
	done
	return 1
}

is_decided() {
	[ -e "$LEDGER" ] && [ -d /sys/module/cxla_hmem ] && ! grep -q " waiting " "$LEDGER" &&
		{ [ ! -d /sys/module/cxla_dax ] || [ -d "$DAX_DRIVER" ]; }
}

decided() {
	eventually is_decided || fail "ranges are not decided about:
$(cat "$LEDGER")"
}

# how the ledger has what waits, all of it, and who waits with it
expect_waiting() {
	local start end
	[ ! -d "$DAX_DRIVER" ] || fail "dax regions have a driver before ranges are decided about"
	while read -r start end; do
		echo "$start $end none waiting $1"
	done </tmp/soft | readable >/tmp/wanted
	ledger_of_soft | grep " waiting " | readable >/tmp/got
	diff /tmp/wanted /tmp/got || fail "the ledger does not say what is waiting"
}

# dax_trace: from now on every change of the ledger is kept
dax_trace() {
	modprobe cxla_core || fail "cxla_core does not load"
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/events/cxla/cxla_owner/enable"
	echo 1 >"$TRACING/tracing_on"
}

# never_dax SERIAL...: since dax_trace no byte of their decoders was given to device-dax
never_dax() {
	local range owner state start end
	echo 0 >"$TRACING/events/cxla/cxla_owner/enable"
	sed -n 's/.*cxla_owner: //p' "$TRACING/trace" >/tmp/owners
	[ -s /tmp/owners ] || fail "the trace has no owner"
	NEVER=" $* "
	while read -r range owner state _; do
		[ "$state" = owned ] || continue
		case $owner in
		hmem | dax) ;;
		*) continue ;;
		esac
		start=$((${range%-*})) end=$((${range#*-}))
		each_device outside_of
	done </tmp/owners
}

outside_of() {
	case $NEVER in
	*" $1 "*) ;;
	*) return 0 ;;
	esac
	[ "$end" -lt "$5" ] || [ "$start" -ge $(($5 + $6)) ] ||
		fail "$owner had $range, which is that of $1, for a while"
}

# COMMAND... in less time than anything here waits for
at_once() {
	local begun ended_
	begun=$(cut -d. -f1 /proc/uptime)
	"$@" || fail "$* fails"
	ended_=$(cut -d. -f1 /proc/uptime)
	[ $((ended_ - begun)) -le 25 ] || fail "$* takes $((ended_ - begun)) s"
}

# written WORD FILE: succeeds when the answer is no error; or busy, which is said
written() {
	local words
	words=$( (echo "$1" >"$2") 2>&1) && return
	case $words in
	*busy*) echo busy ;;
	*) fail "$2 answers $1 by: $words" ;;
	esac
}

unbind_hmem() {
	echo "$HMEM_DEVICE" >"$HMEM/unbind"
}

bind_hmem() {
	(echo "$HMEM_DEVICE" >"$HMEM/bind") 2>/dev/null
}

# as soon as its work has ended, if it is not
hmem_is_bound() {
	[ -e "$HMEM/$HMEM_DEVICE" ] || bind_hmem
}

# serials of devices with a committed range, and the first two of them
serials() {
	awk '$2 == "attached" { print $1 }' /etc/cxla/expect
}
# shellcheck disable=SC2046 # words
set -- $(serials)
FIRST=$1
SECOND=$2
# shellcheck disable=SC2034 # for scenarios
FIRST_AT=$(address_of "$FIRST")
# shellcheck disable=SC2034
[ -z "$SECOND" ] || SECOND_AT=$(address_of "$SECOND")

# owned_by OWNER,STATE,REASON [SERIAL]...: for expect_owners; all of them
owned_by() {
	local serial text=
	for serial in $(serials); do
		text="$text $serial=$1"
	done
	echo "$text"
}

# for expect_owners, where no driver is there: what hardware decodes for an accelerator
# is kept for the driver that comes last; the class says that it is one
kept_by_class() {
	! is_accelerator "$FIRST_AT" || owned_by accelerator,reserved,meant-for-driver
}

meant_for() {
	local serial
	for serial in $(serials); do
		echo "$1" >"$PCI/$(address_of "$serial")/driver_override"
	done
}

range_start() {
	START_OF=
	WANTED=$1
	each_device range_start_of
	echo "$START_OF"
}
range_start_of() {
	[ "$1" != "$WANTED" ] || START_OF=$5
}

# everything that can be counted, without modules of the kernel's own
begin_soft() {
	modprobe device_dax || fail "device_dax does not load"
	soft_snapshot >/tmp/soft.before
	[ ! -e /tmp/soft.boot ] || diff /tmp/soft.boot /tmp/soft.before ||
		fail "an earlier scenario has left something"
	cp /tmp/soft.before /tmp/soft.boot
}

# what came with in-tree drivers and binds nothing may stay
soft_snapshot() {
	snapshot | grep -v -x -e 'dax_.*' -e kmem -e cxl_core -e fwctl -e cxl
}

end_soft_clean() {
	unload_modules || fail "not unloaded"
	all_released
	soft_snapshot >/tmp/soft.after
	diff /tmp/soft.before /tmp/soft.after || fail "something stays, or went away"
}

# ask_for DRIVER NAME: a driver of device-dax takes this device, as long as nobody asks no more
ask_for() {
	echo "$1 $2" >>/tmp/asked
	echo "$2" >"$DAX/drivers/$1/new_id"
}

ask_no_more() {
	local driver name
	[ -e /tmp/asked ] || return 0
	while read -r driver name; do
		[ ! -d "$DAX/drivers/$driver" ] || echo "$name" >"$DAX/drivers/$driver/remove_id"
	done </tmp/asked
	rm /tmp/asked
}

# keep NODE TAG: a program maps it and compares its pattern all the time
keep() {
	local name=${1##*/}
	# what an earlier one said is not what this one says
	rm -f "/tmp/keep.$name"
	cxla-guest keep "$1" "$2" >"/tmp/keep.$name" 2>&1 &
	echo $! >"/tmp/keep.$name.pid"
	eventually has "/tmp/keep.$name" "^holding" ||
		fail "$1 can't be used: $(cat "/tmp/keep.$name")"
}

# kept NODE VERDICT
kept() {
	local name=${1##*/} pid
	read -r pid <"/tmp/keep.$name.pid"
	kill -TERM "$pid"
	wait "$pid"
	rm -f "/tmp/keep.$name.pid"
	expect_equal "user of $1" "$(tail -n 1 "/tmp/keep.$name")" "end: $2"
	cat "/tmp/keep.$name"
}
