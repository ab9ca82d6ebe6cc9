// SPDX-License-Identifier: GPL-2.0-only
/* Text that is read line by line, where a problem is told with the line's number. */
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace cxla
{

/* @take is called with each line that is not blank, and its number, counted from 1 */
void each_line(std::string_view text,
	       const std::function<void(std::string_view line, size_t number)> &take);

} // namespace cxla
