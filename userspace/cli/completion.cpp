// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion scripts: what may follow each command, and what may be the value of
 * each option, as tables made of the command line itself; and for each shell a function
 * that looks into them.
 */
#include "stress/actor.h"
#include "stress/failnth.h"
#include "stress/operation.h"
#include "stress/trigger.h"
#include "sys/output.h"
#include "usage.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace cxla
{

namespace
{

/* in apostrophes; a word of ours has none */
std::string quoted(const std::string &text)
{
	std::string out = "'";

	for (char c : text)
		out += c == '\'' ? std::string("'\\''") : std::string(1, c);
	return out + "'";
}

template <class Things, class Name> std::string names_of(const Things &things, Name name)
{
	std::string out;

	for (const auto &thing : things)
		out += fmt::format("{}{}", out.empty() ? "" : " ", name(thing));
	return out;
}

/* those of an option that the parser does not know of */
std::string known_values(const std::string &option)
{
	if (option == "--actors" || option == "--without")
		return names_of(actor_kinds(), [](const ActorKind &kind) { return kind.name; });
	if (option == "--operations")
		return names_of(choose_operations({}), [](const auto *one) { return one->name; });
	if (option == "--first" || option == "--second")
		return names_of(triggers(), [](const Trigger &one) { return one.name(); }) +
		       (option == "--second" ? " none" : "");
	return "";
}

/* words, or @ and a kind of them that the shell finds itself; empty: nothing that is known */
std::string values_of(const CLI::Option *option)
{
	std::string type = option->get_type_name();
	size_t open = type.find('{'), close = type.find('}');

	if (open != type.npos && close != type.npos) {
		std::string words = type.substr(open + 1, close - open - 1);

		std::replace(words.begin(), words.end(), ',', ' ');
		return words;
	}
	for (const char *number : {"INT", "UINT", "FLOAT"})
		if (type.starts_with(number))
			return "";
	if (type.ends_with("DIR"))
		return "@folder";

	std::string name = option->get_positional() ? option->get_single_name()
						    : "--" + option->get_single_name();

	if (std::string words = known_values(name); !words.empty())
		return words;
	if (name == "DEVICE")
		return "@device";
	if (name == "BDF")
		return "@pci";
	if (name == "PROGRAM")
		return "@program";
	if (name == "COMMAND")
		return "@command";
	for (const char *other : {"--driver", "--point", "--stack", "WHAT"})
		if (name == other)
			return "";
	return "@file";
}

/* the first sentence, for a shell that shows it beside the word */
std::string first_sentence(const std::string &text)
{
	size_t end = text.find(". ");

	return text.substr(0, std::min(end, text.find('\n')));
}

/* by the words that lead there, e.g. "cxla bench --compare" */
using Entries = std::vector<std::pair<std::string, std::string>>;

struct Tables {
	Entries words;   /* commands and options that may follow */
	Entries telling; /* the same, a line each: "word:what it is" */
	Entries values;  /* of an option, or of what is no option */
};

void add_tables(const CLI::App &app, const std::string &path, Tables &out)
{
	std::string words, telling, own;
	auto add = [&](const std::string &word, const std::string &what) {
		words += (words.empty() ? "" : " ") + word;
		telling += fmt::format("{}{}:{}", telling.empty() ? "" : "\n", word,
				       first_sentence(what));
	};

	for (const CLI::App *command : shown_commands(app))
		add(command->get_name(), command->get_description());
	for (const CLI::Option *option : app.get_options()) {
		if (option->get_group().empty())
			continue;

		std::string values = values_of(option);

		if (option->get_positional())
			own = values;
		for (const auto &name : option->get_lnames()) {
			add("--" + name, option->get_description());
			if (option->get_items_expected_max() > 0)
				out.values.emplace_back(path + " --" + name, values);
		}
	}
	out.words.emplace_back(path, words);
	out.telling.emplace_back(path, telling);
	if (!own.empty())
		out.values.emplace_back(path, own);
	for (const CLI::App *command : shown_commands(app))
		add_tables(*command, path + " " + command->get_name(), out);
}

Tables tables_of(const CLI::App &app)
{
	Tables tables;

	add_tables(app, "cxla", tables);
	return tables;
}

const char *const bash_function = R"sh(
# words of a kind that is found on this machine
_cxla_found()
{
	case $1 in
	@pci | @device) (cd /sys/bus/pci/devices 2>/dev/null && echo *) ;;&
	@device) (shopt -s nullglob; cd /dev/cxla 2>/dev/null && echo accel* mem*) ;;
	@command) echo "${_cxla_words[cxla]}" ;;
	@*) ;;
	*) echo "$1" ;;
	esac
}
_cxla()
{
	local path=cxla word cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ -n ${_cxla_words["$path $word"]+set} ]] && path+=" $word"
	done
	# --option=value is three words for readline
	if [[ $cur == = ]]; then
		cur=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD-2]}
	fi
	local kind=${_cxla_values[$path]} words=${_cxla_words[$path]}
	for word in "$path $before" "cxla $before"; do
		[[ $before == -* && -n ${_cxla_values["$word"]+set} ]] || continue
		kind=${_cxla_values["$word"]}
		words=
		break
	done
	# what has been typed of a word: addresses have colons, which readline takes for its
	# end, and of a list it is the last one that is completed
	local prefix=
	if [[ $COMP_WORDBREAKS == *:* && $COMP_LINE =~ ([^[:space:]]*:)[^[:space:]:]*$ ]]; then
		prefix=${BASH_REMATCH[1]}
		[[ $cur == : ]] && cur=
	fi
	local list=
	[[ -z $words && $cur == *,* ]] && list=${cur%,*},
	case $kind in
	@file) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null ;;
	@folder) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames 2>/dev/null ;;
	@program) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
	*) COMPREPLY=() ;;
	esac
	mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$words $(_cxla_found "$kind")" \
		-P "$list" -- "$prefix${cur#"$list"}")
	COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
}
complete -F _cxla cxla
)sh";

const char *const zsh_function = R"sh(
_cxla()
{
	local at='cxla' word kind before=${words[CURRENT-1]}
	local -a list
	for word in ${words[2,CURRENT-1]}; do
		(( ${+_cxla_words[$at $word]} )) && at="$at $word"
	done
	if [[ ${words[CURRENT]} == --*=* ]]; then
		before=${words[CURRENT]%%=*}
		compset -P 1 '*='
	fi
	kind=${_cxla_values[$at]}
	list=("${(@f)_cxla_words[$at]}")
	for word in "$at $before" "cxla $before"; do
		if [[ $before == -* ]] && (( ${+_cxla_values[$word]} )); then
			kind=${_cxla_values[$word]}
			list=()
			# of a list the last one is completed
			compset -P '*,'
			break
		fi
	done
	(( ! ${#list} )) || _describe -o 'command or option' list
	case $kind in
	@pci | @device) compadd -- /sys/bus/pci/devices/*(N:t) ;|
	@device) compadd -- /dev/cxla/{accel,mem}*(N:t) ;;
	@command) compadd -- ${${(f)_cxla_words[cxla]}%%:*} ;;
	@file) _files ;;
	@folder) _files -/ ;;
	@program) _command_names -e ;;
	@*) ;;
	*) compadd -- ${=kind} ;;
	esac
}
# the first call of a function that is loaded when it is needed, or a script that is read
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
	_cxla "$@"
else
	compdef _cxla cxla
fi
)sh";

/* @name as an associative array, whose entries have the form @entry */
std::string array_of(const char *name, const Entries &entries, const std::string &entry)
{
	std::string out = fmt::format("{}=(\n", name);

	for (const auto &[key, value] : entries)
		out += fmt::format(fmt::runtime(entry), quoted(key), quoted(value));
	return out + ")\n";
}

Exit bash(const CLI::App &app, const Context &context)
{
	Tables tables = tables_of(app);
	const char *entry = "\t[{}]={}\n";

	reply_text(context, "# bash completion of cxla: source <(cxla completion bash)\n"
			    "declare -gA _cxla_words _cxla_values\n" +
				    array_of("_cxla_words", tables.words, entry) +
				    array_of("_cxla_values", tables.values, entry) + bash_function);
	return Exit::Ok;
}

Exit zsh(const CLI::App &app, const Context &context)
{
	Tables tables = tables_of(app);
	const char *entry = "\t{} {}\n";

	reply_text(context, "#compdef cxla\n"
			    "# zsh completion of cxla: source <(cxla completion zsh)\n"
			    "typeset -gA _cxla_words _cxla_values\n" +
				    array_of("_cxla_words", tables.telling, entry) +
				    array_of("_cxla_values", tables.values, entry) + zsh_function);
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
	add_command(*group, context, "zsh", "Print the completion script for zsh",
		    [&app, &context](const Root &) { return zsh(app, context); });
}

} // namespace cxla
