# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology one-bridge. Each example of each command's help, as it is there, but for its seconds
# and cycles.
# shellcheck source=/dev/null
. ./lib.sh

cd "$(mktemp -d)" || fail "no folder to write into"
mkdir -p FOLDER /etc/bash_completion.d /etc/cxla
echo "all = yes" >/etc/cxla/load.conf

# each of them, by the list of commands that the completion has
all_examples() {
	cxla completion bash | sed -n "/^)/q; s/.*\['cxla *\([^']*\)'\].*/\1/p" | while read -r command; do
		# shellcheck disable=SC2086 # words
		cxla help $command | sed -n '/^Examples:/,$ s/^  \([^ ].*\)/\1/p' | sed 's/  .*//'
	done | sort -u
}

attached=false	# all of them, and the modules freshly loaded
all_attached() {
	! $attached || return 0
	cxla unload -q || fail "no unload before: $1"
	cxla load --all -q || fail "no load before: $1"
	attached=true
}

# what the machine is like for whoever types that
prepare() {
	case $1 in
	"cxla load --takeover"*) cxla unload -q && attached=false && load_in_tree ;;
	"cxla load"* | "cxla selftest"*) cxla unload -q && attached=false ;;
	"cxla attach --expander"*) cxla unload -q && attached=false && cxla load -q ;;
	"cxla attach"*) all_attached "$1" && cxla detach accel0 ;;
	"cxla bench delete"*)
		attached=false
		cxla unload -q && cxla load -q && cxla attach --expander 0000:0d:00.0
		;;
	"cxla bench --compare"* | "cxla draw"*) ;;
	"cxla pattern check"*) all_attached "$1" && cxla pattern write --seed 1 accel0 ;;
	*) all_attached "$1" ;;
	esac >/dev/null || fail "the machine can't be prepared for: $1"
}

# where another boot runs it, or the host
not_here() {
	case $1 in
	"cxla pairs --list" | "cxla failnth --list") return 1 ;;
	"cxla pairs"* | "cxla failnth"*) echo "it needs a kernel with fault injection" ;;
	"cxla exec -- cxl "*) echo "it needs a program that the boot cxl has" ;;
	"source "*) echo "its shell is on the host" ;;
	*) return 1 ;;
	esac
}

tried=0
run_example() {
	local what status=0
	if what=$(not_here "$1"); then
		echo "left out: $1: $what"
		return
	fi
	prepare "$1"
	what=$(echo "$1" | sed 's/--seconds [0-9]*/--seconds 2/; s/--cycles [0-9]*/--cycles 5/')
	case $what in
	"cxla race --pairs"*) what="$what --actors accel,root" ;;
	"cxla race --actors"*) what="$what --seconds 2" ;;
	# QEMU may crash of it while processors run side by side
	"cxla race"*) what="$what --without pci" ;;
	"cxla selftest"*) what="$what --seconds 2 --cycles 5" ;;
	*" --cycles "* | "cxla bench --compare"*) ;;
	"cxla bench"*) what="$what --cycles 5" ;;
	# goes on until it is interrupted
	"cxla watch --seconds"* | "cxla watch --lines"* | "cxla watch --json"*) ;;
	"cxla watch"*) what="timeout -s INT 2 $what" ;;
	esac
	eval "$what" >/tmp/example 2>&1 || status=$?
	[ "$status" -eq 0 ] || {
		cat /tmp/example
		fail "'$1' ended with status $status"
	}
	case $1 in
	"cxla load --takeover"*) cxla unload -q && unload_in_tree ;;
	esac
	case $1 in
	*" --dry-run"*) ;;
	"cxla load"* | "cxla unload"* | "cxla attach"* | "cxla detach"* | "cxla reset"* | "cxla race"* | "cxla bench delete"*)
		attached=false ;;
	esac
	tried=$((tried + 1))
	echo "ok: $1"
}

all_attached "the first of them"
cxla capture host.capture >/dev/null || fail "cxla capture"
cxla status --json >status.json || fail "cxla status"
cxla bench attach --cycles 10 --json >A.json || fail "cxla bench attach"
cp A.json B.json
cxla race --seconds 2 --without pci --json >race.json || fail "cxla race"
all_examples >/tmp/examples
while read -r example <&3; do
	run_example "$example"
done 3</tmp/examples
cxla unload -q || fail "cxla unload"
[ "$tried" -gt 40 ] || fail "only $tried examples were found"
for file in status.html map.html bench.html race.html attach.html; do
	[ -s "$file" ] || fail "no example wrote $file"
done
ls FOLDER/* >/dev/null || fail "no example wrote into FOLDER"
