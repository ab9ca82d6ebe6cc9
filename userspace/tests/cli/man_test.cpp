// SPDX-License-Identifier: GPL-2.0-only
/* The man pages, and the pages in Markdown: what they say of the program, it knows. */
#include "program.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace
{

using cxla::test::Ran;

std::string whole(const std::filesystem::path &path)
{
	std::ifstream file(path);
	std::ostringstream text;

	text << file.rdbuf();
	return text.str();
}

/* every option of a text: --dry-run and -q */
std::set<std::string> options_in(const std::string &text)
{
	static const std::regex option("(^|[\\s,`\\[(])(--?[a-zA-Z][a-z-]*)");
	std::set<std::string> found;

	for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at)
		found.insert((*at)[2]);
	return found;
}

struct Pages : cxla::test::Program {
	/* "cxla", "cxla bench attach", ..., as the completion has them, with what follows each */
	std::map<std::string, std::set<std::string>> commands()
	{
		static const std::regex line("\\['(cxla[^']*)'\\]='([^']*)'");
		std::string text = run("completion bash").out;
		/* values of options follow */
		text.resize(std::min(text.size(), text.find("\n)")));
		std::map<std::string, std::set<std::string>> found;

		for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end;
		     ++at) {
			std::istringstream words((*at)[2]);

			for (std::string word; words >> word;)
				found[(*at)[1]].insert(word);
		}
		return found;
	}
	std::string folder() { return made.folder() + "/man"; }
	/* a line for bash, where `cxla` is the program and has a second; 124: it took longer */
	Ran shell(const std::string &line)
	{
		made.file(
			"/script",
			fmt::format(
				"cd {0}; cxla() {{ CXLA_ROOT={0} timeout -s INT 4 {1} \"$@\"; }}\n"
				"{2}\n",
				made.folder(), CXLA_PROGRAM,
				std::regex_replace(line, std::regex("--seconds \\d+"),
						   "--seconds 0.2")));
		return command("bash " + made.folder() + "/script 2>&1");
	}
	/* the page as it is read, without what troff needs */
	std::string page(const std::string &command)
	{
		std::string name = command, text;

		std::replace(name.begin(), name.end(), ' ', '-');
		text = whole(folder() + "/" + name + ".1");
		return std::regex_replace(std::regex_replace(text, std::regex("\\\\-"), "-"),
					  std::regex("\\\\f[BIR]"), "");
	}
};

TEST_F(Pages, each_command_has_a_man_page_with_each_option_of_its_help)
{
	Ran ran = run("help --man " + folder());
	auto all = commands();

	ASSERT_EQ(ran.status, 0);
	EXPECT_GT(all.size(), 20U);
	EXPECT_EQ(ran.out, fmt::format("{} man pages are in {}\n", all.size(), folder()));
	for (const auto &[command, words] : all) {
		std::string text = page(command), help = run("help" + command.substr(4)).out;

		for (const char *section : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS",
					    "EXIT STATUS", "FILES", "SEE ALSO"})
			EXPECT_NE(text.find(fmt::format("\n.SH {}\n", section)), std::string::npos)
				<< command << ": " << section;
		for (const std::string &option :
		     options_in(help.substr(0, help.find("Exit status:"))))
			EXPECT_TRUE(options_in(text).contains(option)) << command << " " << option;
	}
}

TEST_F(Pages, groff_finds_nothing_wrong_with_a_man_page)
{
	if (command("command -v groff").status != 0)
		GTEST_SKIP() << "groff is not installed";
	run("help --man " + folder());
	for (const auto &[name, words] : commands()) {
		std::string file = name;

		std::replace(file.begin(), file.end(), ' ', '-');

		Ran ran = command(
			fmt::format("LC_ALL=C.UTF-8 groff -ww -man -Tutf8 -rLL=80n {}/{}.1 2>&1 "
				    ">/dev/null",
				    folder(), file));

		EXPECT_EQ(ran.status, 0) << file;
		EXPECT_EQ(ran.out, "") << file;
	}
}

TEST_F(Pages, man_pages_go_nowhere_where_no_file_can_be_made)
{
	EXPECT_EQ(run("help --man /dev/null/folder").status, 1);
}

/* `cxla ...` of a page: what follows is a command with options that it has */
std::string wrong_with_call(const std::string &call,
			    const std::map<std::string, std::set<std::string>> &known)
{
	std::istringstream words(call);
	std::string path = "cxla", word;

	/* busy entries of /proc/iomem */
	if (call == "cxla accelerator" || call == "cxla region")
		return "";
	words >> word;
	while (words >> word) {
		if (path == "cxla exec" && word == "--")
			break;
		if (word.starts_with("--")) {
			std::string name = word.substr(0, word.find('='));

			if (!known.at(path).contains(name) && !known.at("cxla").contains(name) &&
			    name != "--help" && name != "--version")
				return path + " has no " + name;
		} else if (known.contains(path + " " + word)) {
			path += " " + word;
		} else if (path == "cxla" && word.find_first_of("|&;><#") != std::string::npos) {
			break;
		} else if (path == "cxla" && !word.starts_with("-")) {
			return "there is no command " + word;
		}
	}
	return "";
}

/* what is called `cxla` in a line: behind a prompt, in quotes of code, or from the line's begin */
std::vector<std::string> calls_in(const std::string &line, bool block)
{
	static const std::regex quoted("`(?:build/user/)?(cxla [a-z-][^`]*)`");
	static const std::regex typed(
		"(?:^|[$#(&;'] ?|-- ')(?:build/user/)?(cxla [a-z-][^#&;|')]*)");
	std::vector<std::string> calls;
	static const std::regex release("\\$\\(uname -r\\)");
	std::string text =
		std::regex_replace(line.substr(std::min(line.find_first_not_of(' '), line.size())),
				   release, "RELEASE");
	const std::regex &call = block ? typed : quoted;

	for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at)
		calls.push_back((*at)[1]);
	return calls;
}

struct Call {
	std::string where, line;
	bool block; /* of code, whole; else in quotes */
};

/* of all pages, without what is built */
std::vector<Call> all_calls()
{
	std::vector<Call> calls;

	for (const auto &entry : std::filesystem::recursive_directory_iterator(CXLA_TOP)) {
		std::string path = entry.path().lexically_relative(CXLA_TOP);

		if (entry.path().extension() != ".md" || path.starts_with("build/"))
			continue;

		std::istringstream lines(whole(entry.path()));
		size_t number = 1;
		bool fence = false;

		for (std::string line; std::getline(lines, line); number++) {
			bool block = fence || line.starts_with("    ");

			if (line.starts_with("```"))
				fence = !fence;
			else
				for (const auto &call : calls_in(line, block))
					calls.push_back(
						{fmt::format("{}:{}", path, number), call, block});
		}
	}
	return calls;
}

TEST_F(Pages, commands_that_a_page_shows_are_the_programs)
{
	auto known = commands();
	auto calls = all_calls();

	for (const Call &call : calls)
		EXPECT_EQ(wrong_with_call(call.line, known), "") << call.where << ": " << call.line;
	EXPECT_GT(calls.size(), 60U);
	for (const auto &[command, words] : known) {
		std::istringstream help(run("help" + command.substr(4)).out);

		for (std::string line; std::getline(help, line);)
			if (line.starts_with("  cxla ")) {
				EXPECT_EQ(wrong_with_call(line, known), "") << command << line;
			}
	}
	EXPECT_NE(wrong_with_call("cxla statsu", known), "");
	EXPECT_NE(wrong_with_call("cxla load --al", known), "");
	EXPECT_NE(wrong_with_call("cxla bench attach --pages 1", known), "");
	EXPECT_EQ(calls_in("build/user/cxla load --dry-run --all", true).size(), 1U);
	EXPECT_EQ(calls_in("`cxla load` and `cxla status --check` differ", false).size(), 2U);
}

/* on a machine without CXL, where each is refused or has nothing to do */
TEST_F(Pages, commands_in_blocks_are_no_wrong_usage)
{
	size_t calls = 0;

	std::filesystem::create_directories(made.folder() + "/build/RELEASE");
	made.file("/etc/cxla/load.conf", "all = yes\n");
	for (const Call &call : all_calls()) {
		/* that takes what the machine has measured */
		if (!call.block || call.line.find("--compare") != std::string::npos)
			continue;
		calls++;

		Ran ran = command(fmt::format(
			"cd {0} && {{ CXLA_ROOT={0} timeout 20 {1}{2}; }} 2>&1", made.folder(),
			CXLA_PROGRAM,
			std::regex_replace(call.line.substr(4), std::regex(" /etc/cxla/"),
					   " " + made.folder() + "/etc/cxla/")));

		EXPECT_NE(ran.status, 2) << call.where << ": " << call.line << "\n" << ran.out;
		EXPECT_NE(ran.status, 124) << call.where << ": " << call.line;
	}
	EXPECT_GT(calls, 30U);
}

/* lines below "Examples:" of a help, without what they do; the longer ones have that below */
std::vector<std::string> examples_in(const std::string &help)
{
	std::istringstream lines(help.substr(std::min(help.find("\nExamples:\n"), help.size())));
	std::vector<std::string> found;

	for (std::string line; std::getline(lines, line);)
		if (line.starts_with("  ") && !line.starts_with("   "))
			found.push_back(line.substr(2, line.find("  ", 2) - 2));
	return found;
}

/* on a machine without CXL; tools/vm/test pages runs them on one with devices */
TEST_F(Pages, each_command_has_an_example_and_none_is_wrong_usage)
{
	made.file("/load.conf", "all = yes\n");
	for (const auto &[command, words] : commands()) {
		auto examples = examples_in(run("help" + command.substr(4)).out);

		EXPECT_FALSE(examples.empty()) << command;
		for (const auto &example : examples) {
			EXPECT_NE(example.find(command), std::string::npos)
				<< command << ": " << example;

			/* that takes what the machine has measured, or another shell */
			if (example.find("--compare") != std::string::npos ||
			    example.find("completion zsh)") != std::string::npos)
				continue;

			std::string line =
				std::regex_replace(example, std::regex("/etc/[^ ]*/"), "");
			Ran ran = shell(line);

			EXPECT_NE(ran.status, 2) << example << "\n" << ran.out;
			/* without --seconds it goes on until it is interrupted */
			if (example.starts_with("cxla watch") &&
			    example.find("--seconds") == std::string::npos)
				EXPECT_EQ(ran.status, 124) << example << "\n" << ran.out;
			else
				EXPECT_NE(ran.status, 124) << example << "\n" << ran.out;
		}
	}
	EXPECT_EQ(examples_in("\nExamples:\n  cxla a -b    what\n  cxla longer\n      what\n"),
		  (std::vector<std::string>{"cxla a -b", "cxla longer"}));
	EXPECT_EQ(shell("cxla status --nonsense").status, 2);
}

TEST_F(Pages, numbers_of_what_can_be_tested_are_those_of_the_program)
{
	std::string page = whole(CXLA_TOP "/userspace/TESTING.md");

	for (auto [list, what] :
	     {std::pair("pairs --list", "triggers"), {"failnth --list", "operations"}}) {
		std::istringstream lines(run(list).out);
		std::string line;
		size_t count = 0;

		/* below the names of the columns, up to an empty line */
		for (std::getline(lines, line); std::getline(lines, line) && !line.empty();)
			count++;
		EXPECT_GT(count, 20U);
		EXPECT_NE(page.find(fmt::format("# {} {}", count, what)), std::string::npos)
			<< count << what;
	}
}

/* the reasons of the modules, each in the table that explains them */
TEST_F(Pages, each_reason_is_in_the_table_of_reasons)
{
	static const std::regex reason("\t_\\(\\w+, \"([a-z-]+)\"\\)");
	std::string header = whole(CXLA_TOP "/uapi/linux/cxla.h"),
		    page = whole(CXLA_TOP "/kmod/README.md");
	size_t count = 0;

	for (std::sregex_iterator at(header.begin(), header.end(), reason), end; at != end; ++at) {
		std::string word = (*at)[1];

		count++;
		EXPECT_TRUE(word == "none" ||
			    page.find("\n| `" + word + "` |") != std::string::npos)
			<< word;
	}
	EXPECT_GT(count, 20U);
}

} // namespace
