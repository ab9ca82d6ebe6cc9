# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# What is unpacked into the cache folder and not installed: the stock kernel, the
# source of a 7.x kernel, and on Debian 12 cxl and daxctl of Debian 13. Each is
# complete, under its version, or not there. Sourced by tools/setup.

readonly kernels=$cache/kernels
readonly sources=$cache/packaged-sources
readonly programs=$cache/programs
readonly series=6.12
later_programs=(cxl daxctl libcxl1 libdaxctl1 libndctl6
	libjson-c5 libuuid1 libkmod2 libudev1 libcap2 libtraceevent1 libtracefs1 libiniparser4
	libkeyutils1 liblzma5 libzstd1 libssl3t64 zlib1g libc6)

# complete PATTERN: one of these folders is there, and whole
complete() {
	compgen -G "$1/complete" >/dev/null
}

have_kernel() { complete "$kernels/linux-image-$series.*"; }
have_source() { complete "$sources/linux-source-7.*"; }

# cxl and daxctl that make regions of volatile memory: newer than what Debian 12 has,
# in a folder with the libraries that they need
have_programs() {
	[ "$codename" != bookworm ] || complete "$programs/cxl_*"
}

version_of() {
	# reads to the end: apt-cache would die of a closed pipe
	apt_cache --no-all-versions show "$1" | sed -n 's/^Version: //p'
}

# fetch WHAT FOLDER PACKAGE...: the packages, unpacked, in a new folder in that one; its name
# is in fresh
fetch() {
	local what=$1 folder=$2 deb
	shift 2
	mkdir -p "$folder"
	fresh=$(mktemp -d "$folder/.new.XXXXXX")
	apt_folder=$fresh
	apt_do -o APT::Sandbox::User=root download "$@" || apt_failed "$what can't be downloaded"
	for deb in "$fresh"/*.deb; do
		dpkg -x "$deb" "$fresh" || die "${deb##*/} can't be unpacked"
		rm "$deb"
	done
}

# what is in fresh, as this folder and in the place of the same of another version
keep() {
	touch "$fresh/complete"
	chmod 755 "$fresh"
	rm -rf "$1"
	mv "$fresh" "$1"
	fresh=
}

# --- the kernel ------------------------------------------------------------

newest_release() {
	apt_cache pkgnames "linux-image-$series." |
		sed -nE 's/^linux-image-(6\.12\.[0-9]+[^-]*-amd64)$/\1/p' | sort -V | tail -n 1
}

kernel_packages() {
	echo "linux-image-$1 linux-headers-$1 linux-headers-${1%-amd64}-common linux-kbuild-${1%-amd64}"
}

fetch_kernel() {
	local release dir version
	release=$(newest_release)
	version=$(version_of "linux-image-$release")
	dir=$kernels/linux-image-${release}_$version
	say "fetching kernel $release ($version)"
	# shellcheck disable=SC2046
	fetch "kernel $release" "$kernels" $(kernel_packages "$release")
	# headers name the folder that they are meant to be installed in
	printf 'include %s\n' "$dir/usr/src/linux-headers-${release%-amd64}-common/Makefile" \
		>"$fresh/usr/src/linux-headers-$release/Makefile"
	# as the package's own script would have
	[ -e "$fresh/lib" ] || ln -s usr/lib "$fresh/lib"
	depmod -b "$fresh" "$release" >"$tmp/log" 2>&1 || apt_failed "depmod failed for $release"
	keep "$dir"
}

# --- the source of a 7.x kernel ---------------------------------------------

newest_source() {
	apt_cache pkgnames linux-source-7. |
		sed -nE 's/^(linux-source-7\.([3-9]|[1-9][0-9]+))$/\1/p' | sort -V | tail -n 1
}

fetch_source() {
	local package version
	package=$(newest_source)
	version=$(version_of "$package")
	say "fetching $package ($version)"
	fetch "$package" "$sources" "$package"
	mv "$fresh/usr/src/$package.tar.xz" "$fresh"
	rm -rf "${fresh:?}/usr"
	keep "$sources/${package}_$version"
}

# --- cxl and daxctl of a later release ----------------------------------------

# with lists of their own: beside the machine's own suites, trixie would win over them
with_later_lists() {
	local apt_options=("${apt_options[@]}" -o "Dir::Etc::SourceParts=$tmp/later/sources"
		-o "Dir::State::Lists=$tmp/later/lists" -o "Dir::State::status=/dev/null"
		-o "APT::Default-Release=")
	"$@"
}

read_later_lists() {
	mkdir -p "$tmp/later/sources" "$tmp/later/lists/partial"
	derive trixie "$tmp/later/sources" && with_later_lists read_lists
}

fetch_programs() {
	local version
	version=$(with_later_lists version_of cxl)
	say "fetching cxl and daxctl of Debian 13 ($version)"
	with_later_lists fetch "cxl and daxctl of Debian 13" "$programs" "${later_programs[@]}"
	rm -rf "${fresh:?}/usr/share"
	rm -rf "$programs"/cxl_*
	keep "$programs/cxl_$version"
}
