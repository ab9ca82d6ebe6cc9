// SPDX-License-Identifier: GPL-2.0-only
/* Text of the kernel is read line by line: how many there are to be understood. */
#pragma once

#include "fuzz.h"

#include "sys/lines.h"
#include "sys/root.h"

namespace cxla::fuzz
{

inline size_t lines_in(std::string_view text)
{
	size_t count = 0;

	each_line(text, [&](std::string_view line, size_t number) {
		require(!trim(line).empty() && line.find('\n') == line.npos && number,
			"a line is one, and not blank");
		count++;
	});
	return count;
}

} // namespace cxla::fuzz
