// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device registers and what a mailbox answers: what is accepted lies in its block, in the
 * payload, or in 64 bits, and is what the bytes say.
 */
#include "fuzz.h"

#include <array>
#include <memory>

extern "C" {
#include "mailbox_regs.h"
}

namespace
{

using cxla::fuzz::Input;
using cxla::fuzz::require;

void device_registers(Input &in)
{
	const u32 low = in.take<u32>(), high = in.take<u32>();
	const int count = cxl_devcap_count(low, high);

	require(count == -ENXIO ||
			(count >= 0 && CXL_DEVCAP_OFFSET(count + 1) <= CXL_DEVCAP_ARRAY_SIZE),
		"the array of capabilities has 4 KiB at most");

	const u64 block = in.take<u32>() & 0xffffff;
	std::array<cxl_devcap, 2> caps{};

	for (auto &cap : caps) {
		const u32 offset = in.take<u32>(), length = in.take<u32>(), least = in.take<u16>();

		if (cxl_devcap_decode(offset, length,
				      static_cast<unsigned>(count < 0 ? in.byte() : count), least,
				      block, &cap)) {
			require(!cap.offset && !cap.length, "what is refused says nothing");
			continue;
		}
		require(cap.offset == offset && cap.length == length && length >= least,
			"a capability is that of the registers");
		require(static_cast<u64>(cap.offset) + cap.length <= block,
			"a capability ends in its block");
		require(count < 0 || cap.offset >= CXL_DEVCAP_OFFSET(count + 1U),
			"a capability is behind the array");

		cxl_mbox_caps mbox;

		if (!cxl_mbox_decode_caps(in.take<u32>(), cap.length, &mbox))
			require(mbox.payload_size >= 256 && mbox.payload_size <= 1U << 20 &&
					is_power_of_2(mbox.payload_size) &&
					CXL_MBOX_PAYLOAD + mbox.payload_size <= cap.length,
				"a payload lies in its registers");
	}
	require(cxl_devcap_overlap(&caps[0], &caps[1]) == cxl_devcap_overlap(&caps[1], &caps[0]),
		"to overlap is mutual");
}

void commands(Input &in)
{
	const char *what = nullptr;
	const u32 status = in.take<u32>();
	const int ready = cxl_memdev_status(status, &what);

	require(what && *what && (ready == 0) == (std::strcmp(what, "ready") == 0),
		"a status has words");

	unsigned code = ~0U;
	const u32 low = in.take<u32>(), few = in.byte();
	const u32 high = few ? few % 32U : in.take<u32>();
	const int result = cxl_mbox_result(low, high, &code);

	require(code == (result == -ENXIO ? 0 : high & 0xffff) && result <= 0 && (result || !code),
		"a command that is done has the code 0");

	const u32 least = in.take<u16>(), payload = 1U << (8 + in.below(13));
	const int length = cxl_mbox_answer_length(in.take<u32>(), in.take<u32>(), least, payload);

	if (length >= 0)
		require(static_cast<u32>(length) >= least && static_cast<u32>(length) <= payload,
			"an answer has what is needed, and fits");
}

void logs(Input &in)
{
	const bool vendor = in.byte() & 1;
	const auto answer = in.rest();
	const auto exact = std::make_unique<u8[]>(answer.size());
	const u8 *uuid = vendor ? cxl_log_of_vendor : cxl_log_of_effects;

	if (!answer.empty())
		std::memcpy(exact.get(), answer.data(), answer.size());

	const u32 size = cxl_logs_find(exact.get(), static_cast<u32>(answer.size()), uuid);
	const std::string_view name(reinterpret_cast<const char *>(uuid), CXL_UUID_LEN);

	require(!size || answer.find(name) != answer.npos,
		"a log that is found has its name there");
}

u64 in_units(u64 bytes)
{
	require(bytes % SZ_256M == 0, "capacities are multiples of 256 MiB");
	return bytes / SZ_256M;
}

void identity(Input &in)
{
	std::array<u8, CXL_IDENTIFY_SIZE> answer{};
	std::array<u8, CXL_PARTITION_SIZE> partition{};
	cxl_identity id;

	for (auto &b : answer)
		b = in.byte();
	for (auto &b : partition)
		b = in.byte();
	if (cxl_identify_decode(answer.data(), &id))
		return;
	require(id.total && id.ram <= id.total && id.pmem <= id.total - id.ram,
		"the parts are no more than the whole");
	require(in_units(id.total) == get_unaligned_le64(answer.data() + 0x10) &&
			in_units(id.ram) == get_unaligned_le64(answer.data() + 0x18) &&
			in_units(id.pmem) == get_unaligned_le64(answer.data() + 0x20),
		"capacities are those of the answer");
	require(std::strlen(id.firmware) <= CXL_FIRMWARE_LEN, "a revision ends");
	if (cxl_partition_decode(partition.data(), &id))
		return;
	require(id.ram <= id.total && id.pmem <= id.total - id.ram,
		"partitions are no more than the whole");
}

} // namespace

CXLA_FUZZ(mailbox_regs)
{
	switch (in.below(4)) {
	case 0:
		return device_registers(in);
	case 1:
		return commands(in);
	case 2:
		return logs(in);
	default:
		return identity(in);
	}
}
