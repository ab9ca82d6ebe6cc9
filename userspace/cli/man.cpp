// SPDX-License-Identifier: GPL-2.0-only
#include "man.h"

#include "examples.h"
#include "usage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace cxla
{

namespace
{

/* text that troff prints as it is; in bold or in filled text, not at a line's begin alone */
std::string escaped(const std::string &text)
{
	std::string out;

	for (char c : text)
		switch (c) {
		case '\\':
			out += "\\e";
			break;
		case '-':
			out += "\\-";
			break;
		case '\'':
			out += "\\(aq";
			break;
		case '`':
			out += "\\(ga";
			break;
		case '"':
			out += "\\(dq";
			break;
		case '^':
			out += "\\(ha";
			break;
		case '~':
			out += "\\(ti";
			break;
		default:
			out += c;
		}
	/* a line that begins with a dot would be a request */
	return out.starts_with(".") ? "\\&" + out : out;
}

std::string bold(const std::string &text)
{
	return fmt::format("\\fB{}\\fR", escaped(text));
}

/* how a macro's argument or a tagged paragraph calls a page */
std::string reference(const CLI::App *command)
{
	return fmt::format("{}(1)", bold(man_name(command)));
}

/* paragraphs; lines that begin with a blank stay as they are */
std::string paragraphs(const std::string &text)
{
	std::istringstream lines(text);
	std::string out;
	bool literal = false;

	for (std::string line; std::getline(lines, line);) {
		bool wanted = line.starts_with(" ");

		if (wanted != literal)
			out += wanted ? ".PP\n.nf\n" : ".fi\n";
		literal = wanted;
		out += line.empty() ? ".PP\n" : escaped(line) + "\n";
	}
	if (literal)
		out += ".fi\n";
	return out;
}

/* "TEXT ..." and the like, as `--help` has it */
std::string option_type(const CLI::App *command, const CLI::Option *option)
{
	const auto *formatter =
		dynamic_cast<const CLI::Formatter *>(command->get_formatter().get());

	return formatter ? formatter->make_option_opts(option) : "";
}

std::string option_names(const CLI::Option *option)
{
	std::string names;

	for (const auto &name : option->get_snames())
		names += fmt::format("{}{}", names.empty() ? "" : ", ", bold("-" + name));
	for (const auto &name : option->get_lnames())
		names += fmt::format("{}{}", names.empty() ? "" : ", ", bold("--" + name));
	return names.empty() ? bold(option->get_name(true)) : names;
}

std::string options_section(const CLI::App *command, bool positional)
{
	std::string out;

	for (const CLI::Option *option : command->get_options())
		if (!option->get_group().empty() && option->get_positional() == positional)
			out += fmt::format(".TP\n{}{}\n{}\n", option_names(option),
					   escaped(option_type(command, option)),
					   escaped(option->get_description()));
	return out;
}

/* every positional of the command line, in its order */
std::string synopsis(const CLI::App *command)
{
	std::string out = bold(words_before(command)) + " [\\fIOPTIONS\\fR]";

	for (const CLI::Option *option : command->get_options()) {
		if (option->get_group().empty() || !option->get_positional())
			continue;

		std::string name = fmt::format("\\fI{}\\fR", escaped(option->get_name(true)));

		if (option->get_items_expected_max() > 1)
			name += " ...";
		out += option->get_required() ? " " + name : fmt::format(" [{}]", name);
	}
	if (!shown_commands(*command).empty())
		out += command->get_require_subcommand_min() ? " \\fICOMMAND\\fR"
							     : " [\\fICOMMAND\\fR]";
	return out + "\n";
}

std::string commands_section(const CLI::App *command)
{
	std::string out, group;

	for (const CLI::App *below : shown_commands(*command)) {
		if (!command->get_parent() && below->get_group() != group) {
			group = below->get_group();
			out += fmt::format(".SS {}\n", escaped(group));
		}
		out += fmt::format(".TP\n{}\n{}\n", reference(below),
				   escaped(below->get_description()));
	}
	return out;
}

std::string see_also(const CLI::App *command)
{
	std::vector<std::string> pages;

	if (const CLI::App *above = command->get_parent()) {
		pages.push_back(reference(above));
		for (const CLI::App *beside : shown_commands(*above))
			if (beside != command && beside->get_group() == command->get_group())
				pages.push_back(reference(beside));
	}
	for (const CLI::App *below : shown_commands(*command))
		pages.push_back(reference(below));
	return fmt::format("{}\n", fmt::join(pages, ",\n"));
}

void section(std::string &page, const char *title, const std::string &text)
{
	if (!text.empty())
		page += fmt::format(".SH {}\n{}", title, text);
}

} // namespace

std::string man_name(const CLI::App *command)
{
	std::string name = words_before(command);

	std::replace(name.begin(), name.end(), ' ', '-');
	return name;
}

std::string man_page(const CLI::App *command)
{
	std::string path = path_of(command), examples, statuses, files;
	std::string page = ".\\\" SPDX-License-Identifier: GPL-2.0-only\n";

	for (const auto &[line, what] : examples_of(path))
		examples += fmt::format(".TP\n{}\n{}\n", bold(line), escaped(what));
	for (const auto &[status, meaning] : exit_statuses())
		statuses += fmt::format(".TP\n{}\n{}\n", bold(status), escaped(meaning));
	for (const auto &file : files_of(path))
		files += fmt::format(".TP\n\\fI{}\\fR\n{}\n", escaped(file.path),
				     escaped(file.what));

	page += fmt::format(".TH {} 1 \"\" \"cxla {}\" \"CXL accelerators\"\n",
			    escaped(man_name(command)), CXLA_VERSION);
	section(page, "NAME",
		fmt::format("{} \\- {}\n", escaped(man_name(command)),
			    escaped(command->get_description())));
	section(page, "SYNOPSIS", synopsis(command));
	section(page, "DESCRIPTION",
		escaped(command->get_description() + ".") + "\n" +
			(note_of(command).empty() ? "" : ".PP\n" + paragraphs(note_of(command))));
	section(page, "ARGUMENTS", options_section(command, true));
	section(page, "OPTIONS", options_section(command, false));
	section(page, "COMMANDS", commands_section(command));
	section(page, "EXAMPLES", examples);
	section(page, "EXIT STATUS", statuses);
	section(page, "FILES", files);
	section(page, "SEE ALSO", see_also(command));
	return page;
}

size_t write_man_pages(const CLI::App &app, const std::string &folder)
{
	std::error_code error;
	std::string path = fmt::format("{}/{}.1", folder, man_name(&app));
	size_t pages = 1;

	std::filesystem::create_directories(folder, error);

	std::ofstream file(path);

	file << man_page(&app);
	file.close();
	if (!file)
		throw Error(fmt::format("writing {}: {}", path, std::strerror(errno)),
			    "name a folder that can be written");
	for (const CLI::App *below : shown_commands(app))
		pages += write_man_pages(*below, folder);
	return pages;
}

} // namespace cxla
