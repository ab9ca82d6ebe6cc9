// SPDX-License-Identifier: GPL-2.0-only
/* How wide text may be, and whether it may be more than ASCII. */
#pragma once

#include <cstddef>
#include <string>

namespace cxla
{

/*
 * Columns of the terminal that @fd is; else of COLUMNS, where that is a number; else @otherwise
 */
size_t columns_of(int fd, size_t otherwise);
/* rows of the terminal that @fd is; else @otherwise */
size_t rows_on(int fd, size_t otherwise);
/* is @fd a terminal that obeys: moves its cursor, has colours. One with TERM=dumb does not */
bool obeys(int fd);
/* does the locale of the environment say UTF-8 (LC_ALL, LC_CTYPE, LANG, the first that is set) */
bool utf8_locale();
/* columns that UTF-8 text without combining characters takes */
size_t text_width(const std::string &text);
/* the text, without what a terminal would obey: control characters are `?` */
std::string printable(const std::string &text);
/* the text, or as much of it as fits, with `~` at its end */
std::string cut_to(const std::string &text, size_t columns);

} // namespace cxla
