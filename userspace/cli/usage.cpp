// SPDX-License-Identifier: GPL-2.0-only
#include "usage.h"

#include "examples.h"
#include "man.h"
#include "progress.h"
#include "sys/output.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <sstream>
#include <utility>

namespace cxla
{

namespace
{

struct Group {
	const char *title;
	std::vector<AddCommand *> commands;
};

const std::vector<Group> &groups()
{
	static const std::vector<Group> all = {
		{"Look", {add_status, add_watch, add_ledger, add_capture, add_draw}},
		{"Operate", {add_load, add_unload, add_attach, add_detach, add_reset, add_exec}},
		{"Test", {add_selftest, add_race, add_pairs, add_failnth, add_bench, add_pattern}},
		{"More", {add_completion}},
	};

	return all;
}

/* insertions, deletions, replacements and swaps of neighbours that make @b of @a */
size_t distance(const std::string &a, const std::string &b)
{
	std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));

	for (size_t i = 0; i <= a.size(); i++)
		for (size_t j = 0; j <= b.size(); j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1,
					    d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a.size()][b.size()];
}

std::vector<std::string> names_of_commands(const CLI::App &app)
{
	std::vector<std::string> names;

	for (const CLI::App *command : shown_commands(app))
		names.push_back(command->get_name());
	return names;
}

/* the command that the words lead to, and the first word that leads nowhere; empty: all do */
const CLI::App *follow(const CLI::App &app, const std::vector<std::string> &words,
		       std::string &lost)
{
	const CLI::App *at = &app;
	bool value = false; /* of an option of the program itself */

	for (const auto &word : words) {
		if (std::exchange(value, false))
			continue;

		auto names = names_of_commands(*at);

		/* what follows an option may be its value */
		if (names.empty() || (word.starts_with("-") && at != &app))
			break;
		if (word.starts_with("-")) {
			const CLI::Option *option = app.get_option_no_throw(word);

			value = option && option->get_items_expected_max() > 0;
			continue;
		}
		if (std::find(names.begin(), names.end(), word) == names.end()) {
			lost = word;
			break;
		}
		at = at->get_subcommand(word);
	}
	return at;
}

std::string help_command(const CLI::App *command)
{
	return fmt::format("`{} --help` lists what there is", words_before(command));
}

Exit wrong_usage(const Context &context, const std::string &what, const std::string &hint)
{
	report_error(context, what, hint);
	return Exit::Usage;
}

/* CLI11 says what is wrong; where a word is unknown the one that was meant helps more */
Exit explain(const CLI::App &app, const Context &context, const std::vector<std::string> &words,
	     const CLI::ParseError &error)
{
	std::string lost;
	const CLI::App *command = follow(app, words, lost);
	std::string help = help_command(command);

	if (!lost.empty()) {
		std::string meant = nearest(lost, names_of_commands(*command));

		return wrong_usage(
			context, fmt::format("there is no command '{}'", lost),
			meant.empty() ? help : fmt::format("did you mean '{}'? {}", meant, help));
	}
	/* what is missing may be there, misspelt */
	if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
	    error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
		std::vector<std::string> known;

		for (const CLI::App *at = command; at; at = at->get_parent())
			for (const CLI::Option *option : at->get_options())
				for (const auto &name : option->get_lnames())
					known.push_back("--" + name);
		for (const auto &word : words) {
			std::string name = word.substr(0, word.find('='));

			if (!name.starts_with("--") ||
			    std::find(known.begin(), known.end(), name) != known.end())
				continue;

			std::string meant = nearest(name, known);

			return wrong_usage(
				context, fmt::format("there is no option '{}'", name),
				meant.empty() ? help
					      : fmt::format("did you mean '{}'? {}", meant, help));
		}
	}
	return wrong_usage(context, error.what(), help);
}

/* what each command says below its options: a note of its own, examples, the exit statuses */
void add_footers(CLI::App &app)
{
	std::string note = app.get_footer(), examples = examples_text(path_of(&app));

	if (!note.empty() && !note.ends_with("\n"))
		note += "\n";
	app.footer(fmt::format("{}{}{}{}{}", note, note.empty() ? "" : "\n", exit_statuses_text(),
			       examples.empty() ? "" : "\n", examples));
	for (CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; }))
		add_footers(*command);
}

/* empty: the whole of @text is a number that fits */
template <class Number> std::string wrong_number(const std::string &text, const char *kind)
{
	Number number{};
	const char *begin = text.data(), *end = begin + text.size();
	std::from_chars_result result{};

	if constexpr (std::is_integral_v<Number>) {
		bool hex = text.starts_with("0x");

		/* which would be taken for octal */
		if (!hex && text.size() > 1 && text[0] == '0')
			return fmt::format("'{}' begins with 0", text);
		result = std::from_chars(begin + (hex ? 2 : 0), end, number, hex ? 16 : 10);
	} else {
		result = std::from_chars(begin, end, number);
		if (!std::isfinite(number))
			result.ec = std::errc::result_out_of_range;
	}
	if (result.ec == std::errc() && result.ptr == end)
		return "";
	return fmt::format("'{}' is no {}", text, kind);
}

/* the library that parses options takes what overflows, and what follows a number */
void parse_numbers_strictly(CLI::App &app)
{
	for (CLI::Option *option : app.get_options()) {
		std::string type = option->get_type_name();

		if (type.starts_with("UINT"))
			option->check(CLI::Validator(
				[](const std::string &text) {
					return wrong_number<uint64_t>(
						text, "whole number below 2^64, and not below 0");
				},
				""));
		else if (type.starts_with("FLOAT"))
			option->check(CLI::Validator(
				[](const std::string &text) {
					return wrong_number<double>(text, "number");
				},
				""));
	}
	for (CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; }))
		parse_numbers_strictly(*command);
}

std::string version_text()
{
	return fmt::format("cxla {} (revision {})", CXLA_VERSION, revision);
}

} // namespace

std::vector<const CLI::App *> shown_commands(const CLI::App &app)
{
	return app.get_subcommands(
		[](const CLI::App *command) { return !command->get_group().empty(); });
}

std::string words_before(const CLI::App *command)
{
	std::string path = path_of(command);

	return path.empty() ? "cxla" : "cxla " + path;
}

std::string note_of(const CLI::App *command)
{
	std::string footer = command->get_footer();

	for (const char *end : {"Exit status:\n", "Examples:\n"})
		footer = footer.substr(0, footer.find(end));
	return footer;
}

std::string nearest(const std::string &word, const std::vector<std::string> &known)
{
	std::string best;
	size_t least = std::max<size_t>(1, word.size() / 3) + 1;

	for (const auto &name : known)
		if (size_t one = distance(word, name); one < least) {
			least = one;
			best = name;
		}
	return best;
}

void add_usage(CLI::App &app, Context &context)
{
	app.set_version_flag("-V,--version", version_text());
	app.require_subcommand(1);
	app.fallthrough();
	app.add_flag("--json", context.json, "Print JSON on standard output");
	app.add_flag("-v,--verbose", context.verbose,
		     "Print each change to the machine, and the messages of libkmod");
	app.add_option_function<std::string>(
		   "--progress",
		   [](const std::string &when) {
			   ProgressLine::set_mode(when == "lines"   ? ProgressMode::Lines
						  : when == "never" ? ProgressMode::Never
								    : ProgressMode::Auto);
		   },
		   "How to print progress: one line that is redrawn, on a terminal, else a line "
		   "each ten seconds (auto); a line each ten seconds (lines); never. SIGUSR1 asks "
		   "for a line at any time")
		->check(CLI::IsMember({"auto", "lines", "never"}));
	/* for tests: everything is read from and written to below this folder */
	app.add_option("--sysfs-root", context.sysfs_root)->envname("CXLA_ROOT")->group("");

	size_t grouped = 0;

	for (const auto &group : groups()) {
		for (AddCommand *add : group.commands)
			add(app, context);

		auto commands = app.get_subcommands([](const CLI::App *) { return true; });

		for (; grouped < commands.size(); grouped++)
			if (!commands[grouped]->get_group().empty())
				commands[grouped]->group(group.title);
	}
	add_command(app, context, "version", "Print the version", [&context](const Root &) {
		reply_text(context, version_text() + "\n");
		return Exit::Ok;
	})->group("More");

	struct HelpOptions {
		std::vector<std::string> topic;
		std::string man;
	};
	auto options = std::make_shared<HelpOptions>();
	CLI::App *help = add_command(
		app, context, "help", "Print the help of the program or of a command",
		[&app, &context, options](const Root &) {
			std::string lost;
			const CLI::App *command = follow(app, options->topic, lost);

			if (!lost.empty())
				throw Error(fmt::format("there is no command '{}'", lost),
					    help_command(command), Exit::Usage);
			if (!options->man.empty()) {
				size_t pages = write_man_pages(*command, options->man);

				reply_text(context, fmt::format("{} man pages are in {}\n", pages,
								options->man));
				return Exit::Ok;
			}
			const CLI::App *above = command->get_parent();

			reply_text(context, command->help(above ? words_before(above) : ""));
			return Exit::Ok;
		});

	help->group("More");
	help->add_option("COMMAND", options->topic, "A command, e.g. load, or bench attach");
	/* `make man` */
	help->add_option("--man", options->man)->group("");
	parse_numbers_strictly(app);
	add_footers(app);
}

namespace
{

/* what follows `cxla exec` is for another program to understand; how many words are ours */
int take_program(const CLI::App &app, int argc, const char *const *argv,
		 std::vector<std::string> &program)
{
	bool value = false, chosen = false;

	for (int i = 1; i < argc; i++) {
		std::string word = argv[i];

		if (std::exchange(value, false))
			continue;
		if (word.starts_with("-") && word != "--") {
			const CLI::Option *option =
				chosen ? nullptr : app.get_option_no_throw(word);

			value = option && option->get_items_expected_max() > 0;
		} else if (chosen) {
			program.assign(argv + i + (word == "--"), argv + argc);
			return i;
		} else if (word != "exec") {
			break;
		} else {
			chosen = true;
		}
	}
	return argc;
}

} // namespace

std::optional<Exit> parse_usage(CLI::App &app, Context &context, int argc, const char *const *argv)
{
	argc = take_program(app, argc, argv, context.program);

	std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
	bool json = std::find(words.begin(), words.end(), "--json") != words.end();

	try {
		app.parse(argc, argv);
	} catch (const CLI::Success &asked) {
		std::ostringstream text;

		app.exit(asked, text, text);
		context.json |= json;
		reply_text(context, text.str());
		return Exit::Ok;
	} catch (const CLI::ParseError &error) {
		/* it may not have come as far */
		context.json |= json;
		return explain(app, context, words, error);
	}
	return std::nullopt;
}

} // namespace cxla
