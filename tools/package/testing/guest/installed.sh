# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The packages are installed, and the service is enabled with an /etc/cxla/load.conf of
# both accelerators: it has run when this begins. Ends with everything removed and purged.
set -e

fail() {
	echo "FAIL: $*"
	exit 1
}

none_is_loaded() {
	! grep '^cxla_' /proc/modules
}

# their signature is that of a key that this machine's firmware does not know
expect_no_errors() {
	! dmesg | grep -v 'module verification failed' | grep -i 'cxla.*\(fail\|error\)' || fail "see above"
}

# what udev asked for at the boot
udevadm settle --timeout=600

echo "== the service came before dax_hmem's decision"
systemctl --no-pager status cxla-load.service
systemctl is-active cxla-load.service
cxla status
[ "$(cat /sys/bus/pci/devices/0000:0[de]:00.0/cxla/state | sort -u)" = attached ] || fail "not attached"
modprobe dax_hmem
cxla ledger
for dax in /sys/bus/dax/devices/dax*; do
	[ ! -e "$dax" ] || fail "dax_hmem has a range: $dax"
done

echo "== udev names the nodes"
udevadm settle --timeout=600
for device in 0000:0d:00.0 0000:0e:00.0; do
	link=/dev/cxla-by-path/pci-$device-accel
	name=$(basename "$(readlink -f "$link")")
	[ "$(basename "$(readlink -f "/sys/class/cxla_node/cxla!$name/device")")" = "$device" ] || fail "$link is $name"
	[ "$(stat -Lc '%a %U %F' "$link")" = "600 root character special file" ] || fail "$link is not root's"
done
udevadm info /dev/cxla/accel0
udevadm info /dev/cxla/accel0 | grep '^E: TAGS=.*:systemd:' || fail "no unit can wait for it"

echo "== the service unloads what it loaded"
systemctl stop cxla-load.service
none_is_loaded || fail "loaded after the stop"

echo "== modprobe loads what a module needs"
modprobe -v cxla_accel
modinfo -F filename cxla_accel | grep '/updates/dkms/' || fail "which cxla_accel?"
[ "$(cat /sys/module/cxla_core/version)" = "$(cxla --version | cut -d' ' -f2)" ] || fail "another version"
modprobe -r cxla_accel

echo "== cxla loads, shows, unloads"
cxla load --takeover 0000:0d:00.0
cxla status
[ "$(cat /sys/bus/pci/devices/0000:0d:00.0/cxla/state)" = attached ] || fail "not attached"
cxla unload
none_is_loaded || fail "loaded after unload"

expect_no_errors
echo "== a device is tested as userspace/HARDWARE.md says, beside udev and the in-tree drivers"
cd "$(mktemp -d)"
modprobe cxl_acpi
udevadm settle --timeout=600
cut -d ' ' -f 1 /proc/modules | sort >modules
cxla selftest --dry-run 0000:0d:00.0
cxla selftest 0000:0d:00.0
tar -xzf cxla-selftest-*.tar.gz
grep '^ok 1 selftest' cxla-selftest-*/report.ktap || fail "$(cat cxla-selftest-*/report.ktap)"
cut -d ' ' -f 1 /proc/modules | sort | diff modules - || fail "modules are left"
none_is_loaded || fail "loaded after the test"
rm -r "$PWD"
cd /
# binds that met an unbind: the test itself says what of it is wrong
dmesg -C

echo "== a package that is removed unloads what is loaded; while it is in use it stays"
systemctl start cxla-load.service
tail -f /dev/null 3</dev/cxla/accel0 &
user=$!
! dpkg -r cxla || fail "removed while a device is open"
dpkg -s cxla | grep '^Status: .* installed' || fail "cxla is gone"
kill "$user"
wait "$user" || true
dpkg -r cxla-dev cxla cxla-dkms
none_is_loaded || fail "loaded after the removal"
dpkg -P cxla-dev cxla cxla-dkms

echo "== nothing is left of it"
! dpkg -l 'cxla*' | grep '^[^un].*cxla' || fail "dpkg knows it"
! modinfo cxla_core || fail "modprobe knows it"
! grep -r cxla "/lib/modules/$(uname -r)"/modules.* || fail "depmod knows it"
! systemctl --no-pager list-unit-files --all | grep cxla || fail "systemd knows it"
# systemd keeps an entry of a unit that ran, until it needs the room
! find /etc /usr /var/lib /run /dev -iname '*cxla*' | grep -v '^/run/systemd/units/' || fail "files are left"
udevadm settle --timeout=600
expect_no_errors
