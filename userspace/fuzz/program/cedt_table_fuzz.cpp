// SPDX-License-Identifier: GPL-2.0-only
/* CEDT as `cxla status` shows it: each thing that is wrong is said in words, and windows have
 * ranges. */
#include "fuzz.h"

#include "cxl/cedt.h"

#include <algorithm>

CXLA_FUZZ(cedt_table)
{
	using namespace cxla;
	using cxla::fuzz::require;

	const bool raw = in.byte() & 1;
	std::string table(in.rest());

	if (!raw) {
		/* entries below a header that is right */
		std::string header(36, '\0');
		const auto size = static_cast<uint32_t>(table.size() + header.size());
		unsigned sum = 0;

		header.replace(0, 4, "CEDT");
		for (int i = 0; i < 4; i++)
			header[4 + i] = static_cast<char>(size >> 8 * i);
		table.insert(0, header);
		for (unsigned char c : table)
			sum += c;
		table[9] = static_cast<char>(-sum);
	}

	const auto cedt = parse_cedt(table, "table");

	if (!cedt) {
		require(raw, "a header that is right is taken");
		return;
	}
	for (const auto &bad : cedt->bad)
		require(bad.text().size() > 5 && bad.offset < table.size(),
			"what is wrong is said");
	for (const auto &window : cedt->windows) {
		require(window.range().has_value(), "a window has a range");
		require(window.targets.size() == window.ways, "a window has a target for each way");
		require(window.restriction_words().size() <= 5, "there are five restrictions");
	}
	for (size_t i = 0; i < cedt->windows.size(); i++)
		for (size_t j = 0; j < i; j++)
			if (cedt->windows[i].range()->overlaps(*cedt->windows[j].range()))
				require(std::any_of(cedt->bad.begin(), cedt->bad.end(),
						    [](const BadEntry &bad) {
							    return bad.what.find("overlap") !=
								   bad.what.npos;
						    }),
					"windows that overlap are told of");
	/* what is wrong is told once: a table of a megabyte must not become gigabytes of words */
	require(cedt->bad.size() <= table.size(), "there is less wrong than there are bytes");
}
