# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What was installed here, kept in the cache folder, and how to undo it. Sourced by
# tools/setup. A line of the record is a package that was not there before, or one that
# was there in another version, and that version.

readonly record=$cache/installed

# From what apt would do, before it does it: so an interrupted run is on record, too
write_record() {
	local name old
	mkdir -p "$cache"
	while read -r name old; do
		grep -q "^$name\( \|$\)" "$record" 2>/dev/null || echo "$name${old:+ $old}" >>"$record"
	done < <(sed -nE 's/^Inst ([^ ]+) (\[([^]]*)\] )?\(.*/\1 \3/p' "$tmp/simulated")
}

# names of the record that are installed now
still_here() {
	sort <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u) \
		<(cut -d ' ' -f 1 "$record" | sort -u) | uniq -d
}

print_installed() {
	local name old new=() size
	if [ -s "$record" ]; then
		while read -r name; do
			old=$(sed -n "s/^$name //p" "$record")
			if [ -n "$old" ]; then
				say "$name is newer now; before it was $old"
			else
				new+=("$name")
			fi
		done < <(still_here)
	fi
	if [ ${#new[@]} -gt 0 ]; then
		size=$(dpkg-query -W -f '${Installed-Size}\n' "${new[@]}" | awk '{ s += $1 } END { printf "%d", s / 1024 }')
		say "installed by tools/setup, and not there before: ${#new[@]} packages, $size MiB. To remove them, as root:"
		printf '%s\n' "apt-get purge ${new[*]}" | fold -s -w 100 | sed '$!s/ *$/ \\/; 2,$s/^/  /'
	else
		say "tools/setup has installed no package that is still here"
	fi
	if [ -d "$cache" ]; then
		say "kernels, sources and this record are in $cache ($(du -shx "$cache" | cut -f 1)). To delete them, last:"
		echo "rm -rf $(printf %q "$cache")"
	else
		say "the cache folder $cache is not there"
	fi
}
