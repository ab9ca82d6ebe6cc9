// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/reason.h"

#include <algorithm>
#include <array>
#include <linux/cxla.h>

namespace cxla
{

namespace
{

constexpr std::string_view word_of(uint32_t number)
{
	constexpr std::array<std::string_view, CXLA_NR_REASONS> words = {
#define CXLA_REASON_WORD(id, word) word,
		CXLA_REASONS(CXLA_REASON_WORD)
#undef CXLA_REASON_WORD
	};

	return words[number];
}

struct Entry {
	constexpr Entry(uint32_t number, std::string_view meaning, std::string_view todo)
	    : number(number), text{word_of(number), meaning, todo}
	{
	}

	uint32_t number;
	ReasonText text;
};

constexpr std::array<Entry, CXLA_NR_REASONS> table = {{
	{CXLA_REASON_NONE, "the device is attached, or no attach was tried", ""},
	{CXLA_REASON_NO_ROOT, "the platform describes no CXL root above this device",
	 "check the ACPI tables (CEDT, ACPI0016, ACPI0017) and that the device sits below a CXL "
	 "host bridge: `cxla status`"},
	{CXLA_REASON_ROOT_UNBOUND, "there is a CXL root, but cxla_acpi is not bound to it",
	 "run `cxla load`; the device is attached again by itself when the root comes"},
	{CXLA_REASON_ROOT_IN_USE, "an in-tree driver holds the CXL root",
	 "run `cxla load --takeover`, or unbind cxl_acpi from ACPI0017:00"},
	{CXLA_REASON_PORT_DISABLED,
	 "a port between the root and the device has no driver, or was left out",
	 "look for the port without a driver in `cxla status --tree` and bind cxla_port to it; of "
	 "one "
	 "that was left out the kernel log and `cxla status` say why"},
	{CXLA_REASON_MEDIA_NOT_READY, "the device did not say in time that its memory is ready",
	 "wait for the device to finish its initialisation, then `cxla attach` again"},
	{CXLA_REASON_NO_REGISTERS, "the component registers are absent, or somebody else has them",
	 "check the device's register locator DVSEC and its BARs (`lspci -vvv`), and /proc/iomem "
	 "for who has them"},
	{CXLA_REASON_NO_DECODER, "the device has no usable HDM decoder",
	 "without an HDM decoder capability there is no range to attach; the device works "
	 "PCI-only"},
	{CXLA_REASON_NOT_COMMITTED,
	 "no HDM decoder, in the device or above it, is committed for its memory",
	 "firmware has to commit decoders along the whole path: check its CXL settings; an "
	 "in-tree "
	 "driver that was unbound has un-committed those that were not locked, until the next "
	 "boot"},
	{CXLA_REASON_BAD_DECODER, "a committed decoder's values make no sense",
	 "the kernel log names the decoder and the fault; report it to the firmware's vendor"},
	{CXLA_REASON_NO_WINDOW,
	 "the device's range lies outside of every CXL window of the platform",
	 "compare the windows (`cxla status`) with the device's decoders; firmware has to agree "
	 "with "
	 "itself"},
	{CXLA_REASON_ROUTE_MISMATCH, "a decoder above the device routes its range somewhere else",
	 "`cxla status --tree` shows the targets of each decoder; report it to the firmware's "
	 "vendor"},
	{CXLA_REASON_INTERLEAVED, "the range is interleaved with other devices'",
	 "an accelerator attaches to a range of its own only: turn interleaving off in the "
	 "firmware; `cxla attach --expander DEVICE...` lists the region and its members"},
	{CXLA_REASON_OVERLAP, "the range overlaps another region",
	 "`cxla status --tree` shows which; only the first that came has the range"},
	{CXLA_REASON_SYSTEM_RAM, "some of the range is online as System RAM",
	 "the memory is in use by the kernel and is never taken: boot with efi=nosoftreserve "
	 "absent and "
	 "the range Soft Reserved, or offline the memory blocks first"},
	{CXLA_REASON_HW_ERROR, "the registers read all ones, or the hardware refused",
	 "the device may have left the link or be in reset: check `lspci` and the AER log"},
	{CXLA_REASON_REVOKED, "the range was taken back because something above the device went",
	 "bring back what went (see `cxla status`), then `cxla attach` again"},
	{CXLA_REASON_RESTRICTED_HOST,
	 "the device is below a CXL 1.1 host bridge, or integrated in one",
	 "CXL 1.1 is not supported; the device works PCI-only"},
	{CXLA_REASON_QUARANTINED, "another driver lost this range and has not let go of it yet",
	 "it is attached by itself when that driver is unbound; the kernel log says which"},
	{CXLA_REASON_CLAIMED, "somebody else has some of the range, device-dax for one",
	 "`cxla ledger` and /proc/iomem say who; `cxla attach` again when they have let go of "
	 "it"},
	{CXLA_REASON_TOO_DEEP,
	 "more levels of CXL switches are above the device than are supported",
	 "plug it closer to the root: at most five switches may be in between"},
	{CXLA_REASON_NO_HPA,
	 "no window that leads to the device has so many free addresses in a row",
	 "`cxla ledger` says who has what of each window; the range has to be behind all that the "
	 "bridges and switches above the device decode"},
	{CXLA_REASON_NO_DPA, "the device has less memory than a decoder can map, 256 MiB",
	 "compare the capacity that its driver set with what the device has"},
	{CXLA_REASON_COMMIT_FAILED, "hardware did not commit a decoder for the range",
	 "the kernel log (dmesg) names the decoder, and what was taken back"},
	{CXLA_REASON_NO_CACHE_FLUSH,
	 "the platform can't invalidate the caches of its CPUs, as in most virtual machines",
	 "have firmware commit the range: without it CPUs may hold data of whatever was there"},
	{CXLA_REASON_ERROR, "another error, such as no memory",
	 "the errno beside it says which, the kernel log (dmesg) may say more"},
}};

} // namespace

ReasonText reason_by_word(std::string_view word)
{
	for (const auto &entry : table)
		if (entry.text.word == word)
			return entry.text;
	return {word, "a reason that this version of the program does not know",
		"update the program to the modules' version"};
}

ReasonText reason_by_number(uint32_t number)
{
	for (const auto &entry : table)
		if (entry.number == number)
			return entry.text;
	return {"?", "a reason that this version of the program does not know",
		"update the program to the modules' version"};
}

bool waits_for_what_is_above(std::string_view word)
{
	static constexpr std::array some = {CXLA_REASON_NO_ROOT, CXLA_REASON_ROOT_UNBOUND,
					    CXLA_REASON_ROOT_IN_USE, CXLA_REASON_PORT_DISABLED,
					    CXLA_REASON_REVOKED};

	return std::any_of(some.begin(), some.end(),
			   [&](auto number) { return word == word_of(number); });
}

} // namespace cxla
