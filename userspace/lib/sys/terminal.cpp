// SPDX-License-Identifier: GPL-2.0-only
#include "sys/terminal.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cxla
{

namespace
{

bool continues(char c)
{
	return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

} // namespace

size_t columns_of(int fd, size_t otherwise)
{
	winsize size = {};
	size_t columns = otherwise;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		columns = size.ws_col;
	else if (const char *text = std::getenv("COLUMNS"))
		if (long number = std::strtol(text, nullptr, 10); number > 0)
			columns = static_cast<size_t>(number);
	return columns;
}

size_t rows_on(int fd, size_t otherwise)
{
	winsize size = {};

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : otherwise;
}

bool obeys(int fd)
{
	const char *term = std::getenv("TERM");

	return isatty(fd) && (!term || std::string_view(term) != "dumb");
}

bool utf8_locale()
{
	for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"})
		if (const char *value = std::getenv(name); value && *value)
			return ::strcasestr(value, "utf-8") || ::strcasestr(value, "utf8");
	return false;
}

size_t text_width(const std::string &text)
{
	return static_cast<size_t>(
		std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string printable(const std::string &text)
{
	std::string out;

	for (size_t i = 0; i < text.size(); i++) {
		auto c = static_cast<unsigned char>(text[i]);
		auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);

		/* U+0080 to U+009F are 0xc2 and another */
		if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			out += '?';
			i++;
		} else {
			out += c < ' ' || c == 0x7f ? '?' : text[i];
		}
	}
	return out;
}

std::string cut_to(const std::string &text, size_t columns)
{
	if (text_width(text) <= columns)
		return text;
	/* no room for the sign that something is missing, either */
	if (!columns)
		return "";

	size_t end = 0;

	for (size_t seen = 0; end < text.size(); end++)
		if (!continues(text[end]) && ++seen == columns)
			break;
	return text.substr(0, end) + "~";
}

} // namespace cxla
