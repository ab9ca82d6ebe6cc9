// SPDX-License-Identifier: GPL-2.0-only
/* A capture as a file, compressed or not, damaged or not: what is read is written the same. */
#include "fuzz.h"

#include "report/capture.h"
#include "sys/error.h"

#include <filesystem>
#include <fstream>

CXLA_FUZZ(capture_file)
{
	using namespace cxla;
	using cxla::fuzz::require;

	static TemporaryFolder folder;
	const std::string path = folder.path() + "/capture", again = folder.path() + "/again";
	const auto bytes = in.rest();

	std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
	try {
		const Capture capture = read_capture(path);

		std::filesystem::remove(again);
		require(write_capture(capture, again) > 0, "a capture is written");
		require(capture_json(read_capture(again)) == capture_json(capture),
			"a capture written again is the same");
	} catch (const Error &error) {
		require(*error.what(), "what is wrong is said");
	}
}
