// SPDX-License-Identifier: GPL-2.0-only
#include "report/capture.h"

#include "command.h"
#include "report/status.h"
#include "sys/output.h"

#include <fmt/format.h>
#include <unistd.h>

namespace cxla
{

namespace
{

std::string host_name()
{
	char name[256] = {};

	return gethostname(name, sizeof(name) - 1) ? "" : name;
}

Exit capture(const Root &root, const Context &context, const std::string &file, bool redacted)
{
	/* a whole file or none */
	context.guard.emplace();

	Capture taken = capture_for(root, context, redacted);
	size_t bytes = write_capture(taken, file);
	nlohmann::ordered_json missing = nlohmann::ordered_json::array();

	for (const auto &one : taken.missing)
		missing.push_back({{"what", one.what}, {"why", one.why}});
	context.reply->result = {{"file", file},
				 {"bytes", bytes},
				 {"entries", taken.tree.entries().size()},
				 {"redacted", taken.redacted},
				 {"missing", missing}};
	if (context.json)
		return Exit::Ok;
	print_out("{}: {} bytes, {} files and folders{}\n", file, bytes,
		  taken.tree.entries().size(),
		  taken.redacted ? "" : "; serial numbers and the host's name are in it: --redact");
	for (const auto &one : taken.missing)
		print_out("not in it: {}: {}\n", one.what, one.why);
	if (!taken.by_root)
		print_out("taken by another user than root, who sees little: run it as root\n");
	return Exit::Ok;
}

} // namespace

Capture capture_for(const Root &root, const Context &context, bool redacted)
{
	Capture taken = take_capture(root, CXLA_VERSION, context.program_dir);

	if (redacted)
		redact(taken, host_name());
	return taken;
}

Exit answer_from(const Root &root, const Context &context, const std::string &file,
		 const std::function<Exit(const Root &)> &body)
{
	if (file.empty())
		return body(root);

	CapturedRoot captured(file);
	const Capture &capture = captured.capture();

	context.modules = capture.modules;
	if (!context.json)
		print_out("{}: kernel {}, taken by cxla {}{}{}\n\n", file, capture.kernel,
			  capture.program, capture.by_root ? "" : ", not as root",
			  capture.redacted ? ", redacted" : "");
	return body(captured.root());
}

CLI::Option *add_from(CLI::App &command, std::string &file)
{
	return command.add_option(
		"--from", file, "Answer for the machine that `cxla capture` recorded in this file");
}

ModuleSet modules_for(const Context &context, const Root &root, const std::string &folder,
		      const std::string &release)
{
	return context.modules ? *context.modules
			       : find_modules(root, folder, release, context.program_dir);
}

void add_capture(CLI::App &app, Context &context)
{
	struct Options {
		std::string file;
		bool redact = false;
	};
	auto options = std::make_shared<Options>();
	auto *command = add_command(
		app, context, "capture",
		"Record what firmware, kernel and drivers say about CXL memory, in one file",
		[&context, options](const Root &root) {
			return capture(root, context, options->file, options->redact);
		});

	command->add_flag("--redact", options->redact,
			  "Replace serial numbers and the name of the host");
	command->add_option("FILE", options->file,
			    "The file to write; `cxla status --from FILE` shows what is in it")
		->required();
}

} // namespace cxla
