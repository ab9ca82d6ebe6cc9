// SPDX-License-Identifier: GPL-2.0-only
#include "bench/pattern.h"

#include "command.h"
#include "cxl/accel.h"
#include "sys/output.h"
#include "sys/sigbus.h"

#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace cxla
{

namespace
{

struct PatternOptions {
	bool full = false;
	uint64_t seed = 0, bytes = 0, offset = 0;
	std::string device, file;
};

PatternResult write_or_check(const Mapping &mapping, const PatternOptions &options, bool write)
{
	std::span<std::byte> bytes = mapping.bytes();
	PatternResult result;

	if (!survives_sigbus([&] {
		    result = write ? pattern_write(bytes, options.seed, options.full)
				   : pattern_check(bytes, options.seed, options.full);
	    }))
		throw Error("the range was revoked while it was in use (SIGBUS)",
			    "`cxla status` shows what became of the device");
	return result;
}

struct Target {
	Mapping mapping;
	std::string name;
};

Target map_file(const PatternOptions &options, bool writable)
{
	Fd fd(::open(options.file.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC));
	struct stat st = {};

	if (!fd || fstat(fd.get(), &st) < 0)
		throw Error(fmt::format("opening {}: {}", options.file, std::strerror(errno)));

	auto size = static_cast<uint64_t>(st.st_size);

	if (options.offset % pattern_page || options.offset >= size)
		throw Error(fmt::format("{} has {} bytes; an offset of {} does not fit",
					options.file, size, options.offset),
			    "the offset is a multiple of 4096 within the file", Exit::Usage);

	uint64_t length = options.bytes ? options.bytes : size - options.offset;

	if (length > size - options.offset)
		throw Error(fmt::format("{} has {} bytes, not {}", options.file, size,
					options.offset + length),
			    {}, Exit::Usage);

	void *address = mmap(nullptr, length, writable ? PROT_READ | PROT_WRITE : PROT_READ,
			     MAP_SHARED, fd.get(), static_cast<off_t>(options.offset));

	if (address == MAP_FAILED)
		throw Error(fmt::format("mapping {}: {}", options.file, std::strerror(errno)));
	return {Mapping(address, length), options.file};
}

Target map_device(const Root &root, const PatternOptions &options, bool writable)
{
	std::string bdf = resolve_device(root, options.device);
	Accelerator accel = read_accelerator(root, bdf, {});

	if (!accel.attached() || !accel.range || !accel.accel)
		throw Error(fmt::format("{} has no range: state {}, reason {}", bdf,
					accel.state.value_or("?"), accel.reason.value_or("?")),
			    fmt::format("`cxla attach {}` says why", bdf), Exit::Refused);

	uint64_t length = options.bytes ? options.bytes : accel.range->size();

	if (length > accel.range->size())
		throw Error(fmt::format("the range of {} has {} bytes, not {}", bdf,
					accel.range->size(), length),
			    {}, Exit::Usage);

	/* a shared mapping of a node that was opened for reading only is a private one */
	AccelNode node(root, *accel.accel, true);

	return {node.map(length, writable), bdf};
}

Exit pattern(const Root &root, const Context &context, const PatternOptions &options, bool write)
{
	if (options.device.empty() == options.file.empty())
		throw Error("name a device or --file, one of them", {}, Exit::Usage);
	if (options.bytes % 8)
		throw Error(fmt::format("{} bytes is no multiple of 8", options.bytes), {},
			    Exit::Usage);

	Target target =
		options.file.empty() ? map_device(root, options, write) : map_file(options, write);

	PatternResult result = write_or_check(target.mapping, options, write);
	nlohmann::ordered_json first;

	if (result.first_bad)
		first = {{"offset", result.first_bad->offset},
			 {"expected", result.first_bad->expected},
			 {"found", result.first_bad->found}};
	context.reply->result = {{"target", target.name},
				 {"seed", options.seed},
				 {"size", target.mapping.bytes().size()},
				 {"pages", result.pages},
				 {"bytes", result.bytes},
				 {"stride_pages", result.stride},
				 {"bad_words", result.bad_words},
				 {"first_bad", first}};
	if (context.json)
		return result.bad_words ? Exit::Failed : Exit::Ok;
	if (result.first_bad) {
		print_out("{}: {} of {} words differ; first at offset {:#x}: {:#018x} instead of "
			  "{:#018x}\n",
			  target.name, result.bad_words, result.bytes / 8, result.first_bad->offset,
			  result.first_bad->found, result.first_bad->expected);
	} else {
		print_out("{}: {} {} pages of {}, every {}, seed {}\n", target.name,
			  write ? "wrote" : "found right", result.pages,
			  (target.mapping.bytes().size() + pattern_page - 1) / pattern_page,
			  result.stride == 1 ? "one" : fmt::format("{}th", result.stride),
			  options.seed);
	}
	return result.bad_words ? Exit::Failed : Exit::Ok;
}

void add_one(CLI::App &group, Context &context, const char *name, const char *description,
	     bool write)
{
	auto options = std::make_shared<PatternOptions>();
	auto *command = add_command(group, context, name, description,
				    [&context, options, write](const Root &root) {
					    return pattern(root, context, *options, write);
				    });

	command->add_option("DEVICE", options->device, "The device: a PCI address, accelN or memN");
	command->add_option("--file", options->file,
			    "Use this file in place of a device, e.g. the memory of a virtual "
			    "machine's device");
	command->add_option("--offset", options->offset,
			    "The offset in the file at which the range begins");
	command->add_option("--seed", options->seed, "The number that selects the pattern")
		->required();
	command->add_option("--bytes", options->bytes,
			    "Use only so many bytes from the start of the range");
	command->add_flag("--full", options->full,
			  "Use every page; default: a sample of 1024 pages");
}

} // namespace

void add_pattern(CLI::App &app, Context &context)
{
	CLI::App *group = app.add_subcommand(
		"pattern", "Write a pattern to a range, or read it back and compare");

	group->require_subcommand(1);
	group->footer("The 64-bit little-endian word at byte offset O of the range is\n"
		      "splitmix64's finaliser of (seed * 0x9e3779b97f4a7c15 + O).\n");
	add_one(*group, context, "write", "Write the pattern to the range", true);
	add_one(*group, context, "check", "Read the range and compare it with the pattern", false);
}

} // namespace cxla
