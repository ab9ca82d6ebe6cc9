// SPDX-License-Identifier: GPL-2.0-only
// Device registers and answers of a memory device: the modules' own decoder, with sanitizers.
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "mailbox_regs.h"
}

namespace
{

constexpr u32 all_ones = 0xffffffffU;

using Answer = std::array<u8, CXL_IDENTIFY_SIZE>;

void put(Answer &answer, size_t offset, u64 value, size_t bytes = 8)
{
	for (size_t i = 0; i < bytes; i++)
		answer.at(offset + i) = static_cast<u8>(value >> (8 * i));
}

Answer identify(u64 total, u64 ram, u64 pmem, u64 align)
{
	Answer answer{};
	std::memcpy(answer.data(), "0123456789abcdef", 16);
	put(answer, 0x10, total);
	put(answer, 0x18, ram);
	put(answer, 0x20, pmem);
	put(answer, 0x28, align);
	put(answer, 0x38, 0x20000, 4);
	return answer;
}

TEST(MailboxRegs, array_has_the_capabilities_that_fit_in_4_kib)
{
	EXPECT_EQ(cxl_devcap_count(0x01010000, 3), 3);
	EXPECT_EQ(cxl_devcap_count(0x01010000, 0), 0);
	EXPECT_EQ(cxl_devcap_count(0x01010000, 255), 255);
	EXPECT_EQ(cxl_devcap_count(0x01010000, 256), -ENXIO);
	EXPECT_EQ(cxl_devcap_count(0x01010000, 0xffff), -ENXIO);
	// the count has 16 bits
	EXPECT_EQ(cxl_devcap_count(0x01010000, 0x10002), 2);
}

TEST(MailboxRegs, array_of_another_kind_is_refused)
{
	EXPECT_EQ(cxl_devcap_count(0x01010001, 3), -ENXIO);
	EXPECT_EQ(cxl_devcap_count(all_ones, 3), -ENXIO);
	EXPECT_EQ(cxl_devcap_count(all_ones, all_ones), -ENXIO);
}

TEST(MailboxRegs, capability_lies_behind_the_array_and_within_its_block)
{
	cxl_devcap cap;
	std::memset(&cap, 0x5a, sizeof(cap));
	EXPECT_EQ(cxl_devcap_decode(0x40, 0x220, 3, 0x120, 0x1000, &cap), 0);
	EXPECT_EQ(cap.offset, 0x40U);
	EXPECT_EQ(cap.length, 0x220U);
	EXPECT_EQ(cxl_devcap_decode(0x40, 0xfc0, 3, 0x120, 0x1000, &cap), 0);
	EXPECT_EQ(cxl_devcap_decode(0x40, 0xfc1, 3, 0x120, 0x1000, &cap), -ENXIO);
	EXPECT_EQ(cap.length, 0U);
	EXPECT_EQ(cxl_devcap_decode(0x38, 0x220, 3, 0x120, 0x1000, &cap), -ENXIO);
	EXPECT_EQ(cxl_devcap_decode(0x40, 0x220, 4, 0x120, 0x1000, &cap), -ENXIO);
	EXPECT_EQ(cxl_devcap_decode(0x44, 0x220, 3, 0x120, 0x1000, &cap), -ENXIO);
	EXPECT_EQ(cxl_devcap_decode(0x40, 0x11f, 3, 0x120, 0x1000, &cap), -ENXIO);
	// the sum has more than 32 bits
	EXPECT_EQ(cxl_devcap_decode(0xfffffff8, 0x220, 3, 0x120, 0x1000, &cap), -ENXIO);
	EXPECT_EQ(cxl_devcap_decode(all_ones, 0x220, 3, 0x120, 1ULL << 40, &cap), -ENXIO);
	EXPECT_EQ(cxl_devcap_decode(0x40, all_ones, 3, 0x120, 1ULL << 40, &cap), -ENXIO);
}

TEST(MailboxRegs, capabilities_that_share_a_byte_overlap)
{
	const auto overlap = [](u32 a, u32 length_a, u32 b, u32 length_b) {
		const cxl_devcap first{a, length_a}, second{b, length_b};
		EXPECT_EQ(cxl_devcap_overlap(&first, &second), cxl_devcap_overlap(&second, &first));
		return cxl_devcap_overlap(&first, &second);
	};
	EXPECT_FALSE(overlap(0x100, 0x20, 0x120, 8));
	EXPECT_TRUE(overlap(0x100, 0x21, 0x120, 8));
	EXPECT_TRUE(overlap(0x100, 0x220, 0x118, 8));
	EXPECT_FALSE(overlap(0xfffffff8, 0x20, 0x100, 8));
}

TEST(MailboxRegs, payload_has_256_bytes_to_1_mib_and_fits)
{
	cxl_mbox_caps caps;
	EXPECT_EQ(cxl_mbox_decode_caps(7, 0x10000, &caps), -ENXIO);
	EXPECT_EQ(cxl_mbox_decode_caps(8, 0x120, &caps), 0);
	EXPECT_EQ(caps.payload_size, 256U);
	EXPECT_EQ(cxl_mbox_decode_caps(8, 0x11f, &caps), -ENXIO);
	EXPECT_EQ(caps.payload_size, 0U);
	EXPECT_EQ(cxl_mbox_decode_caps(8, 0x1f, &caps), -ENXIO);
	EXPECT_EQ(cxl_mbox_decode_caps(20, 0x100020, &caps), 0);
	EXPECT_EQ(caps.payload_size, 0x100000U);
	// reserved, larger sizes are used as far as they are known
	EXPECT_EQ(cxl_mbox_decode_caps(31, 0x100020, &caps), 0);
	EXPECT_EQ(caps.payload_size, 0x100000U);
	EXPECT_EQ(cxl_mbox_decode_caps(all_ones, all_ones, &caps), -ENXIO);
}

TEST(MailboxRegs, ready_time_is_in_seconds)
{
	cxl_mbox_caps caps;
	EXPECT_EQ(cxl_mbox_decode_caps(0x00000008 | 255U << 11, 0x120, &caps), 0);
	EXPECT_EQ(caps.ready_seconds, 255U);
	EXPECT_EQ(cxl_mbox_decode_caps(0xfff807e8, 0x120, &caps), 0);
	EXPECT_EQ(caps.ready_seconds, 0U);
}

TEST(MailboxRegs, status_is_ready_when_media_and_mailbox_are)
{
	const auto status = [](u32 value) {
		const char *what = nullptr;
		const int rc = cxl_memdev_status(value, &what);
		return std::to_string(rc) + " " + what;
	};
	EXPECT_EQ(status(0x14), "0 ready");
	EXPECT_EQ(status(0x04), std::to_string(-EAGAIN) + " mailbox not ready");
	EXPECT_EQ(status(0x10), std::to_string(-EAGAIN) + " media not ready");
	EXPECT_EQ(status(0x18), std::to_string(-EIO) + " media error");
	EXPECT_EQ(status(0x1c), std::to_string(-ENXIO) + " media disabled");
	EXPECT_EQ(status(0x15), std::to_string(-EIO) + " fatal error");
	EXPECT_EQ(status(0x16), std::to_string(-EIO) + " firmware halted");
	EXPECT_EQ(status(all_ones), std::to_string(-ENXIO) + " all ones");
	// a reset that is needed is somebody else's
	EXPECT_EQ(status(0x34), "0 ready");
}

TEST(MailboxRegs, return_code_says_what_came_of_a_command)
{
	unsigned int code = 99;
	EXPECT_EQ(cxl_mbox_result(1, 0, &code), 0);
	EXPECT_EQ(code, 0U);
	EXPECT_EQ(cxl_mbox_result(0, 3, &code), -EOPNOTSUPP);
	EXPECT_EQ(cxl_mbox_result(0, 5, &code), -EBUSY);
	EXPECT_EQ(cxl_mbox_result(0, 6, &code), -EBUSY);
	EXPECT_EQ(cxl_mbox_result(0, 4, &code), -EIO);
	// started in the background: no answer to read
	EXPECT_EQ(cxl_mbox_result(1, 1, &code), -EIO);
	EXPECT_EQ(cxl_mbox_result(0, 0x12340002, &code), -EIO);
	EXPECT_EQ(code, 2U);
}

TEST(MailboxRegs, device_that_is_gone_has_returned_no_code)
{
	unsigned int code = 99;
	EXPECT_EQ(cxl_mbox_result(all_ones, all_ones, &code), -ENXIO);
	EXPECT_EQ(code, 0U);
}

TEST(MailboxRegs, answer_has_what_is_needed_and_fits)
{
	EXPECT_EQ(cxl_mbox_answer_length(0x434000, 0, 0x43, 256), 0x43);
	EXPECT_EQ(cxl_mbox_answer_length(0x424000, 0, 0x43, 256), -EIO);
	EXPECT_EQ(cxl_mbox_answer_length(0x1004000, 0, 0x43, 256), 256);
	EXPECT_EQ(cxl_mbox_answer_length(0x1014000, 0, 0x43, 256), -ENXIO);
	EXPECT_EQ(cxl_mbox_answer_length(0x004000, 0x10, 0x43, 0x100000), 0x100000);
	EXPECT_EQ(cxl_mbox_answer_length(0x014000, 0x10, 0x43, 0x100000), -ENXIO);
	EXPECT_EQ(cxl_mbox_answer_length(all_ones, all_ones, 0x43, 0x100000), -ENXIO);
	// bits behind the length are reserved
	EXPECT_EQ(cxl_mbox_answer_length(0x434000, 0xffffffe0, 0x43, 256), 0x43);
}

TEST(MailboxRegs, identity_is_in_bytes)
{
	cxl_identity id;
	std::memset(&id, 0x5a, sizeof(id));
	EXPECT_EQ(cxl_identify_decode(identify(8, 3, 1, 2).data(), &id), 0);
	EXPECT_EQ(id.total, 0x80000000U);
	EXPECT_EQ(id.ram, 0x30000000U);
	EXPECT_EQ(id.pmem, 0x10000000U);
	EXPECT_EQ(id.partition_align, 0x20000000U);
	EXPECT_EQ(id.label_storage, 0x20000U);
	EXPECT_STREQ(id.firmware, "0123456789abcdef");
}

TEST(MailboxRegs, capacity_that_makes_no_sense_is_refused)
{
	constexpr u64 most = (1ULL << 36) - 1;
	const auto decode = [](u64 total, u64 ram, u64 pmem, u64 align) {
		cxl_identity id;
		return cxl_identify_decode(identify(total, ram, pmem, align).data(), &id);
	};
	EXPECT_EQ(decode(most, most, 0, 0), 0);
	EXPECT_EQ(decode(0, 0, 0, 0), -ENXIO);
	EXPECT_EQ(decode(most + 1, 1, 0, 0), -ENXIO);
	EXPECT_EQ(decode(most, most + 1, 0, 0), -ENXIO);
	EXPECT_EQ(decode(most, 0, most + 1, 0), -ENXIO);
	EXPECT_EQ(decode(most, 1, 1, most + 1), -ENXIO);
	EXPECT_EQ(decode(4, 3, 2, 0), -ENXIO);
	// the sum of the parts has more than 64 bits
	EXPECT_EQ(decode(4, (1ULL << 35) + 2, 1ULL << 35, 0), -ENXIO);
}

TEST(MailboxRegs, active_partitions_replace_those_that_are_fixed)
{
	cxl_identity id;
	ASSERT_EQ(cxl_identify_decode(identify(8, 1, 1, 1).data(), &id), 0);
	Answer partition{};
	put(partition, 0, 5);
	put(partition, 8, 3);
	EXPECT_EQ(cxl_partition_decode(partition.data(), &id), 0);
	EXPECT_EQ(id.ram, 5ULL * SZ_256M);
	EXPECT_EQ(id.pmem, 3ULL * SZ_256M);
	EXPECT_EQ(id.total, 8ULL * SZ_256M);
	put(partition, 8, 4);
	EXPECT_EQ(cxl_partition_decode(partition.data(), &id), -ENXIO);
	put(partition, 8, 1ULL << 36);
	EXPECT_EQ(cxl_partition_decode(partition.data(), &id), -ENXIO);
	put(partition, 0, 1ULL << 36);
	put(partition, 8, 0);
	EXPECT_EQ(cxl_partition_decode(partition.data(), &id), -ENXIO);
}

TEST(MailboxRegs, random_registers_stay_within_their_block)
{
	std::mt19937_64 random(0x4d424f58);
	unsigned int good = 0;
	for (int round = 0; round < 200000; round++) {
		const u64 block = 0x1000 + (random() & 0x3ffff);
		const auto count = static_cast<unsigned int>(random() & 0xff);
		const u32 offset = static_cast<u32>(random()) >> (random() & 31);
		const u32 length = static_cast<u32>(random()) >> (random() & 31);
		cxl_devcap cap;
		if (cxl_devcap_decode(offset, length, count, CXL_MBOX_MIN_SIZE, block, &cap))
			continue;
		good++;
		ASSERT_GE(cap.offset, 16U * (count + 1));
		ASSERT_LE(static_cast<u64>(cap.offset) + cap.length, block);
		cxl_mbox_caps caps;
		if (cxl_mbox_decode_caps(static_cast<u32>(random()), cap.length, &caps))
			continue;
		ASSERT_LE(CXL_MBOX_PAYLOAD + caps.payload_size, cap.length);
		ASSERT_LE(cxl_mbox_answer_length(static_cast<u32>(random()),
						 static_cast<u32>(random()), CXL_IDENTIFY_SIZE,
						 caps.payload_size),
			  static_cast<int>(caps.payload_size));
	}
	EXPECT_GT(good, 200U);
}

// a header of 8 bytes, then name and size of each
std::vector<u8> logs(u16 count, const std::vector<std::pair<const u8 *, u32>> &entries)
{
	std::vector<u8> answer = {
		static_cast<u8>(count), static_cast<u8>(count >> 8), 0, 0, 0, 0, 0, 0};

	for (const auto &[name, size] : entries) {
		answer.insert(answer.end(), name, name + CXL_UUID_LEN);
		for (int i = 0; i < 4; i++)
			answer.push_back(static_cast<u8>(size >> (8 * i)));
	}
	return answer;
}

u32 find_log(const std::vector<u8> &answer, const u8 *name)
{
	return cxl_logs_find(answer.data(), static_cast<u32>(answer.size()), name);
}

TEST(MailboxRegs, log_is_found_by_its_name)
{
	auto answer = logs(2, {{cxl_log_of_vendor, 7}, {cxl_log_of_effects, 0x12345678}});

	EXPECT_EQ(find_log(answer, cxl_log_of_effects), 0x12345678U);
	EXPECT_EQ(find_log(answer, cxl_log_of_vendor), 7U);
	answer[8] ^= 1;
	EXPECT_EQ(find_log(answer, cxl_log_of_vendor), 0U);
}

TEST(MailboxRegs, log_is_looked_for_in_what_the_answer_has)
{
	auto answer = logs(0xffff, {{cxl_log_of_vendor, 7}, {cxl_log_of_effects, 9}});

	EXPECT_EQ(find_log(answer, cxl_log_of_effects), 9U);
	// cut short in the last entry, and in the header
	answer.pop_back();
	EXPECT_EQ(find_log(answer, cxl_log_of_effects), 0U);
	EXPECT_EQ(find_log(answer, cxl_log_of_vendor), 7U);
	answer.resize(7);
	EXPECT_EQ(find_log(answer, cxl_log_of_vendor), 0U);
	EXPECT_EQ(find_log({}, cxl_log_of_vendor), 0U);
	// fewer than there is room for
	EXPECT_EQ(find_log(logs(0, {{cxl_log_of_vendor, 7}}), cxl_log_of_vendor), 0U);
}

} // namespace
