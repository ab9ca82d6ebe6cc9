// SPDX-License-Identifier: GPL-2.0-only
#include "sys/output.h"
#include "usage.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

/* "cxla bench attach" and every word that may follow it */
void add_words(const CLI::App &app, const std::string &path, std::string &out)
{
	std::vector<std::string> words;

	for (const CLI::App *command : shown_commands(app))
		words.push_back(command->get_name());
	for (const CLI::Option *option : app.get_options())
		if (!option->get_group().empty())
			for (const auto &name : option->get_lnames())
				words.push_back("--" + name);
	out += fmt::format("\t[\"{}\"]=\"{}\"\n", path, fmt::join(words, " "));
	for (const CLI::App *command : shown_commands(app))
		add_words(*command, path + " " + command->get_name(), out);
}

Exit bash(const CLI::App &app, const Context &context)
{
	std::string words;

	add_words(app, "cxla", words);
	reply_text(context, fmt::format(R"(# bash completion of cxla: source <(cxla completion bash)
declare -A _cxla_words=(
{})
_cxla()
{{
	local path=cxla word cur=${{COMP_WORDS[COMP_CWORD]}} more=
	for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
		[[ -n ${{_cxla_words["$path $word"]+set}} ]] && path+=" $word"
	done
	case $path in
	*load | *attach | *detach | *write | *check)
		more=$(cd /sys/bus/pci/devices 2>/dev/null && echo *)
		;;
	esac
	# addresses have colons, which readline takes for the end of a word
	local prefix=
	if [[ $COMP_WORDBREAKS == *:* && $COMP_LINE =~ ([^[:space:]]*:)[^[:space:]:]*$ ]]; then
		prefix=${{BASH_REMATCH[1]}}
		[[ $cur == : ]] && cur=
	fi
	mapfile -t COMPREPLY < <(compgen -W "${{_cxla_words[$path]}} $more" -- "$prefix$cur")
	COMPREPLY=("${{COMPREPLY[@]#"$prefix"}}")
}}
complete -F _cxla cxla
)",
					words));
	return Exit::Ok;
}

} // namespace

void add_completion(CLI::App &app, Context &context)
{
	CLI::App *group =
		app.add_subcommand("completion", "Print the completion script of a shell");

	group->require_subcommand(1);
	add_command(*group, context, "bash", "Print the completion script for bash",
		    [&app, &context](const Root &) { return bash(app, context); });
}

} // namespace cxla
