# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scenarios share that run the commands of the pages in Markdown. The host looks
# for each in what is printed, see vmlib/pages.py.

# shown LINE: runs it as a reader would, and says so before
shown() {
	echo "\$ $1"
	eval "$1" || fail "'$1' ended with status $?"
}

# in_checkout: the working folder looks like a checkout in which all was built
in_checkout() {
	local release module
	release=$(uname -r)
	rm -rf /tmp/checkout
	mkdir -p /tmp/checkout/build/user "/tmp/checkout/build/$release"
	cd /tmp/checkout || fail "no folder /tmp/checkout"
	ln -s "$(command -v cxla)" build/user/cxla
	for module in core port mem acpi accel pci; do
		mkdir "build/$release/$module"
		ln -s "/lib/modules/$release/updates/cxla_$module.ko" "build/$release/$module"
	done
}
