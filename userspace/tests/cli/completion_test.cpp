// SPDX-License-Identifier: GPL-2.0-only
/* What each shell would offer, asked of the shell itself. */
#include "cli/program.h"

#include <algorithm>
#include <sstream>

using cxla::test::Program;
using cxla::test::Ran;

namespace
{

using Words = std::vector<std::string>;

Words words_of(const std::string &text)
{
	std::istringstream in(text);
	Words words;

	for (std::string word; in >> word;)
		words.push_back(word);
	return words;
}

bool offers(const Words &words, const std::string &word)
{
	return std::find(words.begin(), words.end(), word) != words.end();
}

/* @line as bash cuts it, its last word being typed */
Words bash_offers(const std::string &line)
{
	std::string script = "COMP_LINE='" + line +
			     "' COMP_WORDBREAKS=$' =:'; "
			     "read -ra COMP_WORDS <<<\"${COMP_LINE//=/ = }\"; "
			     "[[ $COMP_LINE != *[\\ =] ]] || COMP_WORDS+=(''); "
			     "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
			     "source <(" CXLA_PROGRAM " completion bash); _cxla; "
			     "printf '%s\\n' \"${COMPREPLY[@]}\"";

	return words_of(Program::command("bash -c '" +
					 [&] {
						 std::string quoted;

						 for (char c : script)
							 quoted += c == '\'' ? std::string("'\\''")
									     : std::string(1, c);
						 return quoted;
					 }() +
					 "'")
				.out);
}

/* the completion system of zsh is not there without a terminal: what offers prints instead */
Words zsh_offers(const std::string &line)
{
	std::string script =
		"compdef() { : }; compset() { : }; "
		"_describe() { print -l -- ${${(P)argv[-1]}%%:*} }; "
		"compadd() { shift; print -l -- $@ }; _files() { print FILES }; "
		"source <(" CXLA_PROGRAM " completion zsh); "
		"words=(${=1}); [[ $1 != *\\  ]] || words+=(\"\"); CURRENT=$#words; _cxla";

	return words_of(Program::command("zsh -f -c '" + script + "' zsh '" + line + "'").out);
}

/* the same of both shells */
void expect_offers(const std::string &line, const Words &wanted, const Words &unwanted = {})
{
	bool has_zsh = Program::command("command -v zsh").status == 0;

	for (bool zsh : {false, true}) {
		if (zsh && !has_zsh)
			continue;

		Words words = zsh ? zsh_offers(line) : bash_offers(line);

		for (const auto &word : wanted)
			EXPECT_TRUE(offers(words, word))
				<< (zsh ? "zsh: " : "bash: ") << line << " does not offer " << word;
		for (const auto &word : unwanted)
			EXPECT_FALSE(offers(words, word))
				<< (zsh ? "zsh: " : "bash: ") << line << " offers " << word;
	}
}

} // namespace

TEST(Completion, commands_and_options_are_offered_where_they_may_stand)
{
	expect_offers("cxla ", {"load", "unload", "status", "bench", "--json"}, {"--takeover"});
	expect_offers("cxla load ", {"--takeover", "--config", "--no-dax"}, {"unload"});
	expect_offers("cxla bench ", {"attach", "revoke", "--compare"}, {"load"});
	expect_offers("cxla help ", {"load", "bench"});
}

TEST(Completion, values_of_options_are_offered)
{
	expect_offers("cxla --progress ", {"auto", "lines", "never"}, {"load"});
	expect_offers("cxla load --progress ", {"auto", "lines", "never"}, {"--takeover"});
	expect_offers("cxla reset --method ", {"cxl", "flr", "bus"}, {"--dry-run"});
	expect_offers("cxla race --actors ", {"accel", "root"}, {"--seed"});
	expect_offers("cxla pairs --second ", {"attach", "none"});
	expect_offers("cxla failnth --operations ", {"attach", "mmap"});
	expect_offers("cxla race --seconds ", {}, {"--seed", "accel"});
}

TEST(Completion, what_was_typed_limits_what_bash_offers)
{
	EXPECT_EQ(bash_offers("cxla load --take"), Words{"--takeover"});
	EXPECT_EQ(bash_offers("cxla --progress=l"), Words{"lines"});
	EXPECT_EQ(bash_offers("cxla failnth --operations attach,mm"), Words{"attach,mmap"});
	EXPECT_TRUE(offers(bash_offers("cxla load --config /etc/host"), "/etc/hostname"));
	EXPECT_FALSE(offers(bash_offers("cxla load --modules /etc/host"), "/etc/hostname"));
}
