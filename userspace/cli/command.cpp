// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include "report/status.h"
#include "sys/output.h"
#include "usage.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>

namespace cxla
{

namespace
{

std::string folder_of_program()
{
	std::error_code error;
	auto path = std::filesystem::read_symlink("/proc/self/exe", error);

	return error ? "." : path.parent_path().string();
}

const char *outcome_word(Exit exit)
{
	switch (exit) {
	case Exit::Ok:
		return "done";
	case Exit::Failed:
		return "failed";
	case Exit::Usage:
		return "usage";
	case Exit::Refused:
		return "refused";
	case Exit::Partial:
		return "partial";
	case Exit::Unwritten:
		return "unwritten";
	}
	return "interrupted";
}

} // namespace

std::string json_text(const nlohmann::ordered_json &json)
{
	return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string path_of(const CLI::App *command)
{
	const CLI::App *above = command->get_parent();

	if (!above)
		return "";
	return above->get_parent() ? path_of(above) + " " + command->get_name()
				   : command->get_name();
}

CLI::App *add_command(CLI::App &parent, Context &context, const std::string &name,
		      const std::string &description, std::function<Exit(const Root &)> body)
{
	CLI::App *command = parent.add_subcommand(name, description);

	command->add_flag("--json", context.json, "Print JSON on standard output");
	command->callback([&context, command, body = std::move(body)] {
		context.reply->command = path_of(command);
		context.chosen = body;
	});
	return command;
}

void reply_text(const Context &context, const std::string &text)
{
	if (context.json)
		context.reply->result = {{"text", text}};
	else
		print_out("{}", text);
}

void report_error(const Context &context, const std::string &what, const std::string &hint)
{
	context.reply->errors.push_back({what, hint});
	print_error("cxla: {}\n", what);
	if (!hint.empty())
		print_error("      {}\n", hint);
}

Exit refuse(const Context &context, const std::vector<Refusal> &refusals)
{
	Reply &reply = *context.reply;

	for (const auto &refusal : refusals)
		print_error("cxla: {}{} refused: {} ({})\n      {}\n", reply.command,
			    refusal.device.empty() ? "" : " of " + refusal.device, refusal.what,
			    refusal.code, refusal.todo);
	reply.refusals = refusals;
	return Exit::Refused;
}

int finish(const Context &context, Exit exit)
{
	const Reply &reply = *context.reply;

	if (!write_page(context) && exit == Exit::Ok)
		exit = Exit::Unwritten;
	if (context.json) {
		auto errors = nlohmann::ordered_json::array();

		for (const auto &error : reply.errors)
			errors.push_back({{"what", error.what}, {"hint", error.hint}});
		print_out("{}", json_text({{"schema", "cxla/1"},
					   {"version", CXLA_VERSION},
					   {"command", reply.command},
					   {"outcome", outcome_word(exit)},
					   {"exit", static_cast<int>(exit)},
					   {"errors", errors},
					   {"refusals", refusals_json(reply.refusals)},
					   {"result", reply.result}}));
	}
	output().flush();
	if (int err = output().error()) {
		print_error(
			"cxla: writing to standard output: {}\n"
			"      what was to be printed is not whole; what was to be done is done\n",
			std::strerror(err));
		if (exit == Exit::Ok)
			exit = Exit::Unwritten;
	}
	return static_cast<int>(exit);
}

Exit end_search(const Context &context, bool stuck, bool found, bool written)
{
	int signal = InterruptGuard::signal();
	Exit exit = found      ? Exit::Failed
		    : signal   ? exit_of_signal(signal)
		    : !written ? Exit::Unwritten
			       : Exit::Ok;

	if (stuck)
		std::_Exit(finish(context, Exit::Failed));
	return exit;
}

nlohmann::ordered_json steps_json(const std::vector<Step> &steps)
{
	auto out = nlohmann::ordered_json::array();

	for (const auto &step : steps)
		out.push_back({{"act", act_word(step.act)},
			       {"bus", step.bus},
			       {"device", step.device},
			       {"driver", step.driver},
			       {"value", step.act == Act::SaveState ? "" : step.value},
			       {"text", describe(step)}});
	return out;
}

int run_program(int argc, const char *const *argv)
{
	Context context;
	CLI::App app(
		"Attach CXL accelerators: load the modules, show who has which memory, test and "
		"measure",
		"cxla");

	set_up_process();
	context.program_dir = folder_of_program();
	add_usage(app, context);

	std::optional<Exit> ended = parse_usage(app, context, argc, argv);

	if (ended)
		return finish(context, *ended);
	try {
		prepare_page(context);
		return finish(context, context.chosen(Root(context.sysfs_root)));
	} catch (const Error &error) {
		report_error(context, error.what(), error.hint());
		return finish(context, error.status());
	} catch (const std::exception &error) {
		report_error(context, error.what(), "this is a bug of this program");
		return finish(context, Exit::Failed);
	}
}

} // namespace cxla
