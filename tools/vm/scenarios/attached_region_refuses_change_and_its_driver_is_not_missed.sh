# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with attached devices. Every write to a region that is attached is
# refused as busy, delete_region too; without its driver it is as before. The
# range stays in use all the time, and each attribute keeps its value.
# shellcheck source=/dev/null
. ./triggers.sh

attributes() {
	local file value
	for file in "$BUS/$region"/*; do
		{ [ -f "$file" ] && [ -r "$file" ]; } || continue
		case ${file##*/} in
		uevent) ;;
		*) read -r value <"$file"
			echo "${file##*/}=$value" ;;
		esac
	done
	cat "$BUS/$decoder/region" "$BUS/$decoder/start" "$BUS/$decoder/size"
}

# refused FILE TEXT
refused() {
	if (echo "$2" >"$1") 2>/tmp/refused; then
		fail "'$2' is taken by ${1##*/} of an attached region"
	fi
	grep -q "busy" /tmp/refused || fail "${1##*/}: $(cat /tmp/refused)"
}

load_modules
first=$(first_attached)
begin "$first"
region=$(region_of "$first")
decoder=$(endpoint_decoder_of "$first")
root=$(readlink -f "$BUS/$region")
root=${root%/*}
attributes >/tmp/attributes
for n in 1 2; do
	refused "$root/delete_region" "$region"
	refused "$BUS/$region/commit" 0
	for value in "" 0 "$decoder" none; do
		refused "$BUS/$region/target0" "$value"
	done
	for value in 0 0x10000000 0x20000000; do
		refused "$BUS/$region/size" "$value"
	done
	refused "$BUS/$region/uuid" 01234567-89ab-cdef-0123-456789abcdef
	for value in 1 2; do
		refused "$BUS/$region/interleave_ways" "$value"
	done
	refused "$BUS/$region/interleave_granularity" 256
	echo 1 >"$BUS/$region/commit" || fail "commit=1 of a committed region is refused"
	attributes >/tmp/attributes.now
	diff /tmp/attributes /tmp/attributes.now || fail "a refused write changed something"
	outcome_as_expected "$first"
	# the same again without the driver
	[ "$n" -eq 2 ] || echo "$region" >/sys/bus/cxla/drivers/cxla_region/unbind
	expect_kept "$first"
	[ -e "$BUS/$region" ] || fail "$region went with its driver"
	[ ! -e "$BUS/$region/driver" ] || [ "$n" -eq 2 ] || fail "$region has its driver still"
done
[ -e "$BUS/$region/driver" ] || fail "commit=1 does not bring the driver of $region back"
expect_equal "ends of ranges" "$(steps)" ""
expect_kept "$first"
undone "never refused"
