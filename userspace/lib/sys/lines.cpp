// SPDX-License-Identifier: GPL-2.0-only
#include "sys/lines.h"

#include "sys/root.h"

#include <algorithm>

namespace cxla
{

void each_line(std::string_view text,
	       const std::function<void(std::string_view line, size_t number)> &take)
{
	for (size_t number = 1; !text.empty(); number++) {
		size_t end = std::min(text.find('\n'), text.size());

		if (!trim(text.substr(0, end)).empty())
			take(text.substr(0, end), number);
		text.remove_prefix(std::min(end + 1, text.size()));
	}
}

} // namespace cxla
