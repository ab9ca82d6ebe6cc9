// SPDX-License-Identifier: GPL-2.0-only
/* The ledger: what is understood of it, and what is said of it. */
#include "cxl/ledger.h"
#include "made_up_root.h"
#include "report/status.h"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>

using namespace cxla;
using cxla::test::contains;
using cxla::test::MadeUpRoot;

namespace
{

const std::string owned = "0x690000000-0x6afffffff hmem owned no-region dax0.0 5.208664\n";
const std::string meant =
	"0x6b0000000-0x6b0ffffff accelerator reserved meant-for-driver 0000:0e:00.0 5.208700\n";
const std::string small = "0x6b1000000-0x6b1000fff none free too-small - 5.208701\n";

struct ReadLedger : ::testing::Test {
	ReadLedger()
	{
		made.add_kernel();
		made.add_platform();
		made.add_module("cxla_core");
	}
	Machine machine() { return read_machine(made.root()); }
	Status status() { return read_status(made.root(), {}); }

	MadeUpRoot made;
};

/* the words that a table in the kernel's source has */
std::vector<std::string> words_of(const std::string &table)
{
	std::ifstream source(CXLA_TOP "/kmod/core/claim.h");
	std::string line;
	std::vector<std::string> words;
	bool inside = false;

	while (std::getline(source, line)) {
		inside |= contains(line, "#define " + table + "(");
		if (!inside)
			continue;

		size_t from = line.find('"'), to = line.find('"', from + 1);

		if (from != to)
			words.push_back(line.substr(from + 1, to - from - 1));
		if (!line.ends_with('\\'))
			break;
	}
	return words;
}

bool is_known(const ReasonText &text)
{
	return !contains(std::string(text.meaning), "does not know") && !text.meaning.empty();
}

} // namespace

TEST(LedgerWords, every_word_of_the_kernel_is_known)
{
	auto owners = words_of("CXLA_OWNERS"), states = words_of("CXLA_LEDGER_STATES"),
	     whys = words_of("CXLA_WHYS");

	EXPECT_GE(owners.size(), 5U);
	EXPECT_GE(states.size(), 6U);
	EXPECT_GE(whys.size(), 16U);
	for (const auto &word : owners)
		EXPECT_TRUE(is_known(owner_by_word(word))) << word;
	for (const auto &word : states)
		EXPECT_TRUE(is_known(ledger_state_by_word(word))) << word;
	for (const auto &word : whys)
		EXPECT_TRUE(is_known(why_by_word(word))) << word;
}

TEST(LedgerWords, word_of_newer_modules_is_told_to_be_unknown)
{
	EXPECT_FALSE(is_known(why_by_word("from-the-future")));
	EXPECT_EQ(why_by_word("from-the-future").word, "from-the-future");
	EXPECT_TRUE(contains(std::string(owner_by_word("").todo), "update"));
}

TEST(LedgerLines, each_field_is_where_it_belongs)
{
	Ledger ledger = parse_ledger(owned + small);

	ASSERT_EQ(ledger.entries.size(), 2U);
	EXPECT_EQ(ledger.entries[0], (LedgerEntry{{0x690000000, 0x6afffffff},
						  "hmem",
						  "owned",
						  "no-region",
						  "dax0.0",
						  5208664}));
	EXPECT_TRUE(ledger.entries[0].held());
	EXPECT_EQ(ledger.entries[1].who, "");
	EXPECT_FALSE(ledger.entries[1].held());
	EXPECT_TRUE(ledger.problems.empty());
}

TEST(LedgerLines, line_that_is_cut_short_or_garbled_is_told_and_the_rest_is_read)
{
	/* every beginning of a line is no line: the time ends with six digits */
	for (size_t length = 1; length + 1 < owned.size(); length++) {
		Ledger ledger = parse_ledger(owned.substr(0, length) + "\n" + meant);

		ASSERT_EQ(ledger.entries.size(), 1U) << length;
		ASSERT_EQ(ledger.problems.size(), 1U) << length;
		EXPECT_TRUE(contains(ledger.problems[0].what, "line 1 "));
	}
	EXPECT_EQ(parse_ledger(owned.substr(0, owned.size() - 1)).entries.size(), 1U);
	for (const char *garbled : {
		     "0x6afffffff-0x690000000 hmem owned no-region dax0.0 5.208664",
		     "0x690000000 hmem owned no-region dax0.0 5.208664",
		     "0x10000000000000000-0x1ffffffffffffffff hmem owned no-region dax0.0 5.208664",
		     "0x0-0xfff hmem owned no-region dax0.0 -5.208664",
		     "0x0-0xfff hmem owned no-region dax0.0 0x5.208664",
		     "0x0-0xfff hmem owned no-region dax0.0 5.0x8664",
		     "0x0-0xfff hmem owned no-region dax0.0 5.2086640",
		     "0x0-0xfff hmem owned no-region dax0.0 18446744073710.000000",
		     "0x0-0xfff hmem owned no-region dax0.0 99999999999999999999.208664",
		     "0x0-0xfff hmem owned no-region dax 0.0 5.208664",
		     "\xff\xfe",
	     }) {
		Ledger ledger = parse_ledger(garbled);

		EXPECT_TRUE(ledger.entries.empty()) << garbled;
		EXPECT_EQ(ledger.problems.size(), 1U) << garbled;
	}
}

TEST(LedgerLines, largest_numbers_are_read)
{
	Ledger ledger =
		parse_ledger("0x0-0xffffffffffffffff none free no-cxl - 18446744073709.551615\n");

	ASSERT_EQ(ledger.entries.size(), 1U);
	EXPECT_EQ(ledger.entries[0].time_us, UINT64_MAX);
	EXPECT_TRUE(ledger.silent_about({0, UINT64_MAX}).empty());
	EXPECT_EQ(ledger.in({UINT64_MAX, UINT64_MAX}).size(), 1U);
}

TEST(LedgerLines, parts_that_nothing_is_said_of_are_found)
{
	Ledger ledger = parse_ledger("0x2000-0x2fff none free no-cxl - 1.000000\n"
				     "0x4000-0x4fff none free no-cxl - 1.000000\n");

	EXPECT_EQ(ledger.silent_about({0x1000, 0x5fff}),
		  (std::vector<Range>{{0x1000, 0x1fff}, {0x3000, 0x3fff}, {0x5000, 0x5fff}}));
	EXPECT_EQ(ledger.silent_about({0x2800, 0x4800}), (std::vector<Range>{{0x3000, 0x3fff}}));
	EXPECT_TRUE(ledger.silent_about({0x2000, 0x2fff}).empty());
}

TEST_F(ReadLedger, table_has_owner_state_reason_who_driver_and_time)
{
	made.add_ledger(owned + meant + small);
	made.add_dax("dax0.0", "cxla_hmem.0", 0x690000000, "device_dax");

	std::string text = ledger_text(machine());

	EXPECT_TRUE(contains(text, "0x690000000-0x6afffffff  512 MiB  hmem")) << text;
	EXPECT_TRUE(contains(text, "device_dax  5.208664\n")) << text;
	EXPECT_TRUE(contains(text, "meant-for-driver: a committed decoder leads to")) << text;
	EXPECT_TRUE(contains(text, "what to do: load that driver")) << text;
	EXPECT_TRUE(contains(text, "reserved: kept for an owner")) << text;
}

TEST_F(ReadLedger, unknown_words_are_shown_and_told_to_be_unknown)
{
	made.add_ledger("0x0-0xfff martian lurking whim - 1.000000\n");

	std::string text = ledger_text(machine());

	EXPECT_TRUE(contains(text, "martian  lurking  whim")) << text;
	EXPECT_TRUE(contains(text, "whim: a word that this version")) << text;
}

TEST_F(ReadLedger, soft_reserved_part_without_a_line_is_not_decided_about)
{
	made.add_ledger("0x690000000-0x69fffffff hmem owned no-region dax0.0 5.208664\n");

	std::string text = ledger_text(machine());

	EXPECT_TRUE(contains(text, "0x6a0000000-0x6afffffff  256 MiB  Soft Reserved, and not "
				   "decided about: cxla_hmem is not loaded"))
		<< text;
	made.add_module("cxla_hmem");
	made.add_hmem(intree_hmem_driver);
	EXPECT_TRUE(contains(ledger_text(machine()), "hmem_platform.0 has driver hmem_platform"));
}

TEST_F(ReadLedger, json_has_each_entry_with_meaning_and_time)
{
	made.add_ledger(owned + small + "garbage\n");
	made.add_dax("dax0.0", "cxla_hmem.0", 0x690000000, "kmem");

	auto out = ledger_json(machine());

	ASSERT_EQ(out["ledger"].size(), 2U);
	EXPECT_EQ(out["ledger"][0]["range"]["start"], 0x690000000);
	EXPECT_EQ(out["ledger"][0]["owner"], "hmem");
	EXPECT_EQ(out["ledger"][0]["driver"], "kmem");
	EXPECT_EQ(out["ledger"][0]["time_us"], 5208664);
	EXPECT_EQ(out["ledger"][1]["who"], nullptr);
	EXPECT_FALSE(out["ledger"][1]["todo"].get<std::string>().empty());
	EXPECT_EQ(out["problems"].size(), 1U);
	EXPECT_EQ(out["dax"][0]["ours"], true);
}

TEST_F(ReadLedger, without_modules_it_says_what_the_in_tree_stack_did)
{
	made.remove("/sys/module/cxla_core");
	made.add_hmem(intree_hmem_driver);
	made.add_dax("dax0.0", "hmem.0", 0x690000000, "kmem");
	made.file("/proc/iomem", "690000000-78fffffff : CXL Window 0\n"
				 "  690000000-6afffffff : Soft Reserved\n"
				 "    690000000-6afffffff : dax0.0\n"
				 "      690000000-6afffffff : System RAM (kmem)\n");

	std::string text = ledger_text(machine());
	auto out = ledger_json(machine());

	EXPECT_TRUE(contains(text, "none of ours is loaded")) << text;
	EXPECT_TRUE(contains(text, "held by dax0.0 > System RAM (kmem)")) << text;
	EXPECT_TRUE(contains(text, "in-tree dax_hmem has the Soft Reserved ranges")) << text;
	EXPECT_TRUE(contains(text, "dax0.0  0x690000000-0x6afffffff  512 MiB  kmem, of hmem.0 "
				   "(in-tree)"))
		<< text;
	EXPECT_EQ(out["ledger"], nullptr);
	EXPECT_EQ(out["loaded"], false);
	EXPECT_EQ(out["iomem"]["soft_reserved"][0]["owners"][0], "dax0.0");
	EXPECT_EQ(out["dax"][0]["ours"], false);
}

TEST_F(ReadLedger, status_has_the_owner_beside_each_soft_reserved_range)
{
	made.add_ledger("0x690000000-0x69fffffff hmem owned no-region dax0.0 5.208664\n"
			"0x7b0000000-0x7bfffffff none free released - 6.000000\n");

	std::string text = machine_text(status());
	auto out = status_json(status());

	EXPECT_TRUE(contains(text, "              0x690000000-0x69fffffff  hmem owned "
				   "(no-region), dax0.0\n"))
		<< text;
	EXPECT_TRUE(contains(text, "              0x6a0000000-0x6afffffff  not decided about\n"))
		<< text;
	EXPECT_TRUE(contains(text, "range         0x7b0000000-0x7bfffffff  256 MiB  none free "
				   "(released)\n"))
		<< text;
	EXPECT_EQ(out["iomem"]["soft_reserved"][0]["ledger"][0]["owner"], "hmem");
	EXPECT_EQ(out["ledger"].size(), 2U);
}

TEST_F(ReadLedger, status_has_the_owner_beside_each_region)
{
	made.add_attached(2);
	made.add_ledger("0x690000000-0x6afffffff accelerator owned attached 0000:0d:00.0 "
			"5.000000\n"
			"0x6b0000000-0x6cfffffff none free region-idle region1 5.000000\n");
	made.add_dax("dax1.0", "dax_region1", 0x6b0000000, "device_dax");

	Status now = status();
	/* a line that was broken is one again */
	std::string tree =
		std::regex_replace(topology_text(now.machine), std::regex("\n[│ ]+(?=[a-z])"), " ");

	EXPECT_TRUE(contains(tree, "accel0 attached  owner accelerator\n")) << tree;
	EXPECT_TRUE(contains(tree, "accel1 attached  owner none free (region-idle)\n")) << tree;
	EXPECT_TRUE(contains(tree, "dax_region1  dax1.0 (device_dax)")) << tree;
	made.remove("/sys/kernel/debug/cxla/ledger");
	EXPECT_FALSE(contains(topology_text(status().machine), "owner"));
}

TEST_F(ReadLedger, garbage_in_it_is_among_the_problems_of_status)
{
	made.add_ledger("garbage\n");
	EXPECT_TRUE(contains(problems_text(machine()), ledger_path));
}
