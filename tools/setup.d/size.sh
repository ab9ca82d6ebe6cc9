# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# How much will be downloaded and needed, and how long that takes. Sourced by tools/setup.

# MiB that dpkg unpacks and configures in a second, of a slow machine: a guess that is rather
# too long (555 MiB took five minutes in a busy virtual root)
readonly unpack_rate=3
# bytes a second, where the package lists came too quickly to tell
readonly usual_rate=5000000

fetched_bytes=0	# that are still to be downloaded
root_mib=0	# below /
cache_mib=0	# in the cache folder

mib() { echo $((($1 + 1048575) / 1048576)); }

# What apt would do, without doing it. Arguments are those of its install
simulate() {
	apt-get "${apt_options[@]}" --no-install-recommends -s install "$@" >>"$tmp/simulated" 2>"$tmp/log" ||
		apt_failed "apt can't install $*"
	apt-get "${apt_options[@]}" -qq --no-install-recommends --print-uris install "$@" >>"$tmp/uris"
}

# NAME VERSION of each package that would be installed
simulated_names() {
	sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+).*/\1 \3/p' "$tmp/simulated" | sort -u -k1,1
}

# Of packages to be installed
size_of_installs() {
	fetched_bytes=$((fetched_bytes + $(sort -u "$tmp/uris" |
		awk -v quote="'" 'index($0, quote) == 1 { s += $3 } END { print s + 0 }')))
	root_mib=$((root_mib + $(simulated_names | tr ' ' '=' |
		xargs -r apt-cache "${apt_options[@]:2}" show |
		awk '/^Installed-Size: / { s += $2 } END { printf "%d", s / 1024 }')))
}

# Of packages that are unpacked into the cache folder
size_of_unpacked() {
	local bytes mib
	read -r bytes mib < <(apt_cache --no-all-versions show "$@" |
		awk '/^Size: / { b += $2 } /^Installed-Size: / { k += $2 } END { printf "%d %d\n", b, k / 1024 + 1 }')
	fetched_bytes=$((fetched_bytes + bytes))
	cache_mib=$((cache_mib + mib))
}

# bytes a second, of the package lists that have just come: "Fetched 8941 kB in 7s (1271 kB/s)"
rate_of_lists() {
	sed -nE 's/^Fetched ([0-9.,]+) ([kMG]?)B in .* \(([0-9.,]+) ([kMG]?)B\/s\)$/\1 \2 \3 \4/p' "$tmp/updates" |
		tr -d , | awk '
		function bytes(n, unit) { return n * (unit == "k" ? 1e3 : unit == "M" ? 1e6 : unit == "G" ? 1e9 : 1) }
		{ if (NF == 4 && bytes($1, $2) > most && bytes($1, $2) > 1e6) { most = bytes($1, $2); rate = bytes($3, $4) } }
		END { printf "%d", rate }'
}

print_size() {
	local rate from mib seconds
	rate=$(rate_of_lists)
	from="as fast as the package lists came"
	if [ "$rate" -eq 0 ]; then
		rate=$usual_rate
		from="which is assumed"
	fi
	mib=$(mib "$fetched_bytes")
	seconds=$((fetched_bytes / rate + (root_mib + cache_mib) / unpack_rate))
	say "to download: $mib MiB; on disk afterwards: $root_mib MiB below /, $cache_mib MiB in $cache"
	say "about $((seconds / 60 + 1)) min: at $(awk "BEGIN { printf \"%.1f\", $rate / 1e6 }") MB a second, $from,"
	echo "  and $unpack_rate MiB a second unpacked, which is a slow machine"
}

free_mib() {
	local path=$1
	while [ ! -d "$path" ]; do path=$(dirname "$path"); done
	df -Pm "$path" | awk 'NR == 2 { print $4 }'
}

check_space() {
	local path=$1 need=$2 free
	free=$(free_mib "$path")
	[ "$free" -ge "$need" ] ||
		die "$path has $free MiB free, $need MiB are needed$3"
}
