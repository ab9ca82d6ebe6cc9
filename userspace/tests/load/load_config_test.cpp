// SPDX-License-Identifier: GPL-2.0-only
#include "cli/program.h"
#include "load/load_config.h"

using cxla::LoadConfig;
using cxla::parse_load_config;
using cxla::test::Program;
using cxla::test::Ran;

TEST(LoadConfigText, each_key_is_an_option_of_load)
{
	LoadConfig config = parse_load_config("# at boot\n"
					      "device = 0000:0d:00.0\n"
					      "device=10000:0e:00.0 # the other one\n"
					      "\n"
					      "  takeover = yes\n"
					      "all = no\n"
					      "system-ram = yes\n"
					      "no-dax = yes\n"
					      "allow-uncommit = yes\n"
					      "wait-seconds = 0x10\n"
					      "modules = /opt/my modules");

	EXPECT_TRUE(config.wrong.empty());
	EXPECT_EQ(config.settings.devices,
		  (std::vector<std::string>{"0000:0d:00.0", "10000:0e:00.0"}));
	EXPECT_TRUE(config.settings.takeover);
	EXPECT_FALSE(config.settings.all);
	EXPECT_TRUE(config.settings.system_ram);
	EXPECT_TRUE(config.settings.no_dax);
	EXPECT_TRUE(config.settings.allow_uncommit);
	EXPECT_EQ(config.settings.wait_seconds, 16U);
	EXPECT_EQ(config.settings.modules, "/opt/my modules");
}

TEST(LoadConfigText, each_wrong_line_is_named_by_its_number)
{
	LoadConfig config = parse_load_config("takover = yes\n"
					      "device = 0d:00\n"
					      "device = 0000:0d:00.0\n"
					      "device = 0000:0D:00.0\n"
					      "\n"
					      "all = perhaps\n"
					      "all = yes\n"
					      "wait-seconds = -1\n"
					      "modules = here\n"
					      "takeover\n");
	std::vector<unsigned> lines;

	for (const auto &wrong : config.wrong) {
		lines.push_back(wrong.line);
		EXPECT_FALSE(wrong.what.empty());
		EXPECT_FALSE(wrong.todo.empty());
	}
	EXPECT_EQ(lines, (std::vector<unsigned>{1, 2, 4, 6, 7, 8, 9, 10}));
}

TEST(LoadConfigText, file_that_sets_nothing_is_wrong)
{
	for (const char *text : {"", "# device = 0000:0d:00.0\n\n"}) {
		LoadConfig config = parse_load_config(text);

		ASSERT_EQ(config.wrong.size(), 1U) << text;
		EXPECT_EQ(config.wrong[0].line, 0U);
	}
	EXPECT_TRUE(parse_load_config("all = no\n").wrong.empty());
}

TEST_F(Program, load_takes_what_a_file_says_and_what_the_command_line_adds)
{
	made.add_kernel();
	made.add_platform();
	made.file("/etc/cxla/load.conf", "takeover = yes\nall = no\ndevice = 0000:aa:00.0\n");

	std::string path = made.folder() + "/etc/cxla/load.conf";
	Ran ran = run("load --dry-run --config " + path + " 0000:bb:00.0", true);

	EXPECT_EQ(ran.status, 3) << ran.out;
	EXPECT_NE(ran.out.find("there is no PCI device 0000:aa:00.0"), std::string::npos)
		<< ran.out;
	EXPECT_NE(ran.out.find("there is no PCI device 0000:bb:00.0"), std::string::npos)
		<< ran.out;
}

TEST_F(Program, load_of_a_wrong_file_is_2_and_names_every_line)
{
	made.file("/etc/cxla/load.conf", "takover = yes\ndevice = 0000:0d:00.0\nall = 1\n");

	std::string path = made.folder() + "/etc/cxla/load.conf";
	Ran ran = run("load --dry-run --config " + path, true);

	EXPECT_EQ(ran.status, 2);
	EXPECT_NE(ran.out.find("load.conf:1: there is no key 'takover'"), std::string::npos);
	EXPECT_NE(ran.out.find("load.conf:3: '1' is neither yes nor no"), std::string::npos);
	EXPECT_EQ(reply("load --dry-run --config " + path)["errors"].size(), 2U);
	EXPECT_EQ(run("load --config /nowhere").status, 2);
	EXPECT_EQ(run("load --config " + made.folder()).status, 2);
}
