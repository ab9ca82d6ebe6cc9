// SPDX-License-Identifier: GPL-2.0-only
/*
 * A capture from a machine that nobody here knows: what is taken lies inside of its folder, is
 * the same when it is written again, and redacted has no serial number that it had.
 */
#include "fuzz.h"

#include "report/capture.h"
#include "sys/error.h"

#include <algorithm>
#include <filesystem>

namespace
{

using namespace cxla;
using cxla::fuzz::require;
namespace fs = std::filesystem;

/* by its words: where it leads there may be nothing */
void links_lead_inside(const Capture &capture)
{
	for (const auto &[path, entry] : capture.tree.entries()) {
		if (entry.kind != TreeEntry::Kind::Link)
			continue;

		const fs::path from = fs::path(path).relative_path().parent_path();
		const fs::path target = (from / entry.content).lexically_normal();

		require(!target.is_absolute() && target.begin() != target.end() &&
				*target.begin() != "..",
			"no link leads out of the tree", path);
	}
}

void lies_inside(const Capture &capture)
{
	TemporaryFolder folder;

	try {
		capture.tree.unpack(folder.path());
	} catch (const Error &) {
		/* a name may be longer than a file system takes */
		return;
	}
	/* by what is really there, link or not */
	for (const auto &entry : fs::recursive_directory_iterator(folder.path())) {
		std::error_code error;
		const auto real = fs::canonical(entry.path(), error);

		if (!error)
			require(real.string().starts_with(folder.path()),
				"no link leads out of the folder", entry.path());
	}
}

} // namespace

CXLA_FUZZ(capture)
{
	const unsigned how = in.byte();
	const auto document = nlohmann::json::parse(in.rest(), nullptr, false);
	Capture capture;

	if (document.is_discarded())
		return;
	try {
		capture = parse_capture(document);
	} catch (const nlohmann::json::exception &) {
		return;
	} catch (const Error &error) {
		require(*error.what(), "what is wrong is said");
		return;
	}

	const auto written = capture_json(capture);
	const Capture same = parse_capture(nlohmann::json::parse(written.dump()));

	require(same.tree.entries() == capture.tree.entries() && same.missing == capture.missing &&
			capture_json(same) == written,
		"a capture written again is the same");
	links_lead_inside(capture);
	if ((how & 7) == 7)
		lies_inside(capture);
	redact(capture, "host.name");
	require(capture.redacted, "what is redacted says so");
	for (const auto &[path, entry] : capture.tree.entries())
		if (entry.kind == TreeEntry::Kind::File && !path.ends_with("/config") &&
		    !path.ends_with("/serial"))
			require(entry.content.find("host.name") == entry.content.npos ||
					entry.content.find_first_not_of("\n\t") ==
						entry.content.npos ||
					!std::all_of(entry.content.begin(), entry.content.end(),
						     [](unsigned char c) {
							     return c == '\n' || c == '\t' ||
								    (c >= ' ' && c < 0x7f);
						     }),
				"the name of the host is gone from text");

	const auto redacted = capture_json(capture);

	redact(capture, "host.name");
	require(capture_json(capture) == redacted, "what is redacted stays as it is");
}
