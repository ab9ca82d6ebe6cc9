// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware, kernel and drivers say of a machine's CXL memory, in one file, for somebody
 * who does not have the machine. It holds each file that `status`, `ledger` and
 * `load --dry-run` read, so that they answer from it as they did there, and what a bug
 * report needs besides: ACPI tables, configuration space, component registers.
 *
 * It is a JSON document in gzip. Nothing is written to the machine, no memory of a device is
 * read, and no device is woken.
 */
#pragma once

#include "sys/file_tree.h"
#include "sys/modules.h"

#include <nlohmann/json.hpp>

namespace cxla
{

inline constexpr int capture_version = 1;

struct Capture {
	std::string program; /* version that took it */
	std::string kernel;  /* release */
	bool redacted = false;
	bool by_root = false;
	ModuleSet modules; /* of ours, that `load` would find there */
	FileTree tree;
	/* what could not be read, or was not asked, and why */
	struct Missing {
		std::string what, why;

		bool operator==(const Missing &) const = default;
	};
	std::vector<Missing> missing;
};

/* where component registers of a component are in the tree: 4 KiB of CXL.cachemem */
inline constexpr const char *registers_folder = "/registers";

/* @program_dir: where `load` looks for our modules, too */
Capture take_capture(Root root, const std::string &version, const std::string &program_dir);
/* serial numbers and the host's name become others, the same everywhere */
void redact(Capture &capture, const std::string &host_name);

/* replaces @path as a whole or leaves it as it is; throws Error; how many bytes it has */
size_t write_capture(const Capture &capture, const std::string &path);
/* throws Error: no capture, cut short, changed, or of another version */
Capture read_capture(const std::string &path);
nlohmann::ordered_json capture_json(const Capture &capture);
Capture parse_capture(const nlohmann::json &document);

/* a capture as a root, laid down in a temporary folder */
class CapturedRoot
{
public:
	explicit CapturedRoot(const std::string &path);

	const Root &root() const { return root_; }
	const Capture &capture() const { return capture_; }

private:
	Capture capture_;
	TemporaryFolder folder_;
	Root root_;
};

} // namespace cxla
