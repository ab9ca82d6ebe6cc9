# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# apt with a configuration of our own: the machine's sources, and suites derived
# from those of them that are Debian's own archives. Sourced by tools/setup, which
# sets tmp, archives, cache and codename.

apt_options=()
apt_folder=/		# downloads land there
apt_pid=
dpkg_at_work=false	# a signal has to wait
stop_asked=false
told=			# the process of which we have said that it holds the lock

# The machine's sources, copied to a folder that apt is pointed to
prepare_apt() {
	local list parts
	mkdir -p "$tmp/sources" "$tmp/lists/partial" "$tmp/preferences" "$archives/partial"
	eval "$(apt-config shell list Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d)"
	[ ! -f "$list" ] || cp "$list" "$tmp/sources/machine.list"
	find "${parts%/}" -maxdepth 1 \( -name '*.list' -o -name '*.sources' \) \
		-exec cp -t "$tmp/sources" {} + 2>/dev/null || true
	apt_options=(-q -y
		-o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$tmp/sources"
		-o "Dir::State::Lists=$tmp/lists" -o "Dir::Cache::archives=$archives"
		-o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache="
		-o "APT::Update::Post-Invoke-Success::=" -o "APT::Get::List-Cleanup=false"
		-o "DPkg::Lock::Timeout=300")
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	# who fetches for root must reach that folder
	[ "${tmp#"$cache"}" = "$tmp" ] || apt_options+=(-o "APT::Sandbox::User=root")
}

# Who holds the package lock, by its whole command line: apt's own words cut it off
tell_holder() {
	local pid
	# Ctrl-C ends these programs, too
	pid=$(tr '\r' '\n' <"$tmp/log" | sed -n 's/.*held by process \([0-9]*\).*/\1/p' | tail -n 1) || return 0
	[ -n "$pid" ] && [ "$pid" != "$told" ] || return 0
	told=$pid
	clear_line
	say "waiting, for 5 minutes at most, for process $pid, which holds the package lock: $(holder "$pid")"
}

holder() {
	local words
	words=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || words=
	printf '%s' "${words:-it has ended}"
}

clear_line() {
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

# Each run of apt-get is in a session of its own: what is typed at the terminal reaches
# this script only, which decides when apt-get may end. On a terminal the last thing
# that it said is shown.
apt_do() {
	local start=$SECONDS status=0
	: >"$tmp/log"
	(cd "$apt_folder" && exec setsid apt-get "${apt_options[@]}" "$@") >"$tmp/log" 2>&1 </dev/null &
	apt_pid=$!
	while kill -0 "$apt_pid" 2>/dev/null; do
		tell_holder
		[ ! -t 2 ] || printf '\r\033[K  %d s: %.60s' $((SECONDS - start)) \
			"$(tail -n 1 "$tmp/log" | tr -d '\r')" >&2
		sleep 0.3 || true
	done
	clear_line
	wait "$apt_pid" || status=$?
	apt_pid=
	if $stop_asked; then
		say "dpkg has come to a safe point; stopped there, as asked. The next run goes on from here" >&2
		exit 130
	fi
	return $status
}

# Ctrl-C and its like: at once, but for dpkg, which must not be left in the middle
interrupted() {
	if $dpkg_at_work; then
		clear_line
		say "interrupted: dpkg is in the middle of installing, and is waited for (mostly less than two minutes)" >&2
		stop_asked=true
		return 0	# not the status of what was interrupted
	fi
	[ -z "$apt_pid" ] || kill "$apt_pid" 2>/dev/null || true
	exit 130
}

# the end of apt's own words, then ours
apt_failed() {
	tail -n 15 "$tmp/log" >&2
	if grep -qiE 'no space left|enough free space' "$tmp/log"; then
		die "$1: the disk is full"
	fi
	[ -z "$told" ] || ! grep -q 'Could not get lock' "$tmp/log" ||
		die "$1: process $told still holds the package lock: $(holder "$told"). Wait for it, and run this again"
	die "$1"
}

apt_cache() {
	apt-cache "${apt_options[@]:2}" "$@"
}

# A source that can't be read is no failure: what is missing then is found by its name
read_lists() {
	local line
	apt_do update -o Acquire::Retries=1 || true
	cat "$tmp/log" >>"$tmp/updates"
	while read -r line; do
		say "left out, this source can't be read: $line"
	done < <(unread_sources)
}

# one line for each, once; apt tells of some twice, and of some suites of ours
unread_sources() {
	sed -nE 's/^Err:[0-9]+ //p' "$tmp/log" | sort -u | while read -r line; do
		grep -qxF "$line" "$tmp/unread" 2>/dev/null || echo "$line" | tee -a "$tmp/unread"
	done
}

# --- suites of Debian's own archives -------------------------------------------

# CODENAME URI FILE:N of each source that has main of an archive that is Debian's by its
# own Release file, whatever the machine calls the suite
debian_sources() {
	# shellcheck disable=SC2016
	apt-get "${apt_options[@]}" indextargets --format '$(ORIGIN)|$(COMPONENT)|$(CODENAME) $(REPO_URI) $(SOURCESENTRY)' \
		'Created-By: Packages' | sed -n 's/^Debian|main|//p'
}

# backports have an Origin of their own
has_suite() {
	# shellcheck disable=SC2016
	apt-get "${apt_options[@]}" indextargets --format '$(ORIGIN)|$(CODENAME)|' 'Created-By: Packages' |
		grep -qE "^Debian( Backports)?\|$1\|$"
}

# What says whose signature counts, of the Nth source of a file
options_of() {
	local file=${1%:*} number=${1##*:}
	case $file in
	*.list) sed -nE "${number}s/^[[:space:]]*deb[[:space:]]+\[([^]]*)\].*/\1/p" "$file" ;;
	*) grep -v '^#' "$file" | awk -v number="$number" 'BEGIN { RS = "" } NR == number' |
		awk '/^[^[:space:]]/ { keep = tolower($0) ~ /^(signed-by|trusted)[[:space:]]*:/ } keep' ;;
	esac
}

# derive SUITE FOLDER [KIND]: the suite as a source in the folder, by all archives that
# have main of one of Debian's releases, or of its KIND, like -security
derive() {
	local suite=$1 folder=$2 kind=${3:-} uri entry options count=0
	while read -r _ uri entry; do
		options=$(options_of "$entry")
		count=$((count + 1))
		case $entry in
		*.list:*) printf 'deb %s%s %s main\n' "${options:+[$options] }" "$uri" "$suite" \
			>"$folder/derived-$suite-$count.list" ;;
		*) printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n%s\n' "$uri" "$suite" "$options" \
			>"$folder/derived-$suite-$count.sources" ;;
		esac
	done < <(debian_sources | grep -E "^[a-z]+$kind " | sort -u -k2,2)
	[ $count -gt 0 ]
}

# A suite called stable is another release one day: packages of this one are asked for,
# and win over it
own_release() {
	local kind
	! has_suite "$codename" || return 0
	derive "$codename" "$tmp/sources" || return 0
	for kind in -updates -security; do
		derive "$codename$kind" "$tmp/sources" "$kind" || true
	done
	say "no source here is of $codename: it is taken from the archives that have Debian's other releases"
	apt_options+=(-o "APT::Default-Release=/^$codename(|-updates|-security)$/")
	read_lists
}
