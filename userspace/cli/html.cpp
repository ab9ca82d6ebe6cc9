// SPDX-License-Identifier: GPL-2.0-only
/* --html FILE: the result as a page; and `cxla draw`, of a result that was kept. */
#include "command.h"

#include "draw/pages.h"
#include "sys/output.h"

#include <fstream>
#include <iterator>

namespace cxla
{

void add_html(CLI::App &command, Context &context)
{
	command.add_option("--html", context.html,
			   "Draw the result, as a page to look at in a browser, into this file");
}

void prepare_page(const Context &context)
{
	if (context.html == "-")
		throw Error("--html - would be a page among other lines", "name a file for --html",
			    Exit::Usage);
	context.page.emplace(context.html);
}

bool write_page(const Context &context)
{
	const Reply &reply = *context.reply;

	try {
		/* refused, or failed before there was anything to draw: told already */
		if (context.page && *context.page && !reply.result.is_null())
			context.page->write(page_of(reply.command, CXLA_VERSION, reply.result));
	} catch (const Error &error) {
		report_error(context, error.what(), error.hint());
		return false;
	} catch (const std::exception &error) {
		report_error(context, fmt::format("{}: {}", context.html, error.what()),
			     "this is a bug of this program");
		return false;
	}
	return true;
}

namespace
{

/* of the program's own file system, not of a made-up root */
nlohmann::ordered_json read_reply(const std::string &path)
{
	std::ifstream file(path);
	std::string text{std::istreambuf_iterator<char>(file), {}};

	if (!file)
		throw Error(fmt::format("{}: can't be read", path), "name a file that a command "
								    "with --json has printed");

	auto reply = nlohmann::ordered_json::parse(text, nullptr, false);

	if (reply.is_discarded() || !reply.is_object() || !reply.contains("result") ||
	    !reply.contains("command") || !reply["command"].is_string())
		throw Error(fmt::format("{}: is no reply of this program", path),
			    "name a file that a command with --json has printed");
	return reply;
}

Exit draw(const Context &context, const std::string &path)
{
	auto reply = read_reply(path);

	if (context.html.empty())
		throw Error("--html is missing", "name the file that is to be written",
			    Exit::Usage);

	std::string page =
		page_of(reply["command"].get<std::string>(), CXLA_VERSION, reply["result"]);

	context.page->write(page);
	context.page.reset();
	if (context.json)
		context.reply->result = {{"of", reply["command"]}, {"page", context.html}};
	else
		print_out("`cxla {}` is drawn in {}\n", reply["command"].get<std::string>(),
			  context.html);
	return Exit::Ok;
}

} // namespace

void add_draw(CLI::App &app, Context &context)
{
	auto path = std::make_shared<std::string>();
	auto *command =
		add_command(app, context, "draw", "Draw a result that was kept, as a page",
			    [&context, path](const Root &) { return draw(context, *path); });

	add_html(*command, context);
	command->add_option("FILE", *path, "What status, bench, race or pairs printed with --json")
		->required();
}

} // namespace cxla
