// SPDX-License-Identifier: GPL-2.0-only
/* --html FILE: the result as a page; and `cxla draw`, of a result that was kept. */
#include "command.h"

#include "draw/pages.h"
#include "sys/output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

namespace cxla
{

namespace
{

constexpr char page_begins[] = "<!DOCTYPE html>";

void put(const Context &context, const std::string &page)
{
	int fd = context.page.get(), err = 0;

	/* a device or pipe can't be emptied */
	if (::ftruncate(fd, 0) < 0 && errno != EINVAL)
		err = errno;
	if (!err)
		err = write_kept(fd, page);
	if (err)
		throw Error(fmt::format("writing {}: {}; it is not whole", context.html,
					std::strerror(err)),
			    "`cxla draw` makes the page of what --json prints");
}

} // namespace

void add_html(CLI::App &command, Context &context)
{
	command.add_option("--html", context.html,
			   "Draw the result, as a page to look at in a browser, into this file");
}

/*
 * What is there already is emptied when there is something to put into its place, and only
 * if it is a page: a slip of the fingers must not cost what was measured.
 */
void prepare_page(const Context &context)
{
	const std::string &path = context.html;
	struct stat st = {};
	char begin[sizeof(page_begins)] = {};

	if (path.empty())
		return;
	if (path == "-")
		throw Error("--html - would be a page among other lines", "name a file for --html",
			    Exit::Usage);

	Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644));

	if (!fd || ::fstat(fd.get(), &st) < 0)
		throw Error(fmt::format("opening {}: {}", path, std::strerror(errno)),
			    "a page needs a file that can be made or written");
	if (S_ISREG(st.st_mode) && st.st_size &&
	    (::pread(fd.get(), begin, sizeof(begin) - 1, 0) < 0 ||
	     std::strcmp(begin, page_begins) != 0))
		throw Error(fmt::format("{} is there, and is no page; it stays as it is", path),
			    "name another file for --html", Exit::Refused);
	context.page = std::move(fd);
}

bool write_page(const Context &context)
{
	const Reply &reply = *context.reply;

	try {
		/* refused, or failed before there was anything to draw: told already */
		if (context.page && !reply.result.is_null())
			put(context, page_of(reply.command, CXLA_VERSION, reply.result));
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
	constexpr size_t most = 256 << 20;
	struct stat st = {};

	if (::stat(path.c_str(), &st) < 0 || !S_ISREG(st.st_mode) ||
	    static_cast<size_t>(st.st_size) > most)
		throw Error(fmt::format("{}: can't be read", path), "name a file that a command "
								    "with --json has printed");

	std::ifstream file(path);
	auto reply = nlohmann::ordered_json::parse(file, nullptr, false);

	if (reply.is_discarded() || !reply.is_object() || !reply.contains("result") ||
	    !reply.contains("command") || !reply["command"].is_string())
		throw Error(fmt::format("{}: is no reply of this program", path),
			    "name a file that a command with --json has printed");
	return reply;
}

Exit draw(const Context &context, const std::string &path)
{
	auto reply = read_reply(path);

	auto version = reply.find("version");

	put(context,
	    page_of(reply["command"].get<std::string>(),
		    version != reply.end() && version->is_string() ? version->get<std::string>()
								   : "?",
		    reply["result"]));
	context.page = Fd();
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
	command->get_option("--html")->required();
	command->add_option("FILE", *path, "What status, bench, race or pairs printed with --json")
		->required();
}

} // namespace cxla
