// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers, ranges, PCI addresses and names, as files and command lines have them: what is taken
 * is the whole of the text, means what it says, and sorts in one order.
 */
#include "fuzz.h"

#include "cxl/pci.h"
#include "sys/range.h"
#include "sys/root.h"
#include "sys/terminal.h"

#include <array>
#include <fmt/format.h>
#include <vector>

namespace
{

using namespace cxla;
using cxla::fuzz::require;

void one_text(const std::string &text)
{
	if (const auto number = parse_number(text)) {
		require(text.find_first_not_of("0123456789abcdefABCDEFxX") == text.npos,
			"a number has nothing but digits", text);
		require(parse_number(fmt::format("{}", *number)) == number &&
				parse_number(fmt::format("{:#x}", *number)) == number,
			"a number written again is the same");
	}
	if (const auto range = parse_range(text)) {
		require(range->start <= range->end, "a range does not wrap");
		require(parse_range(range->text()) == range, "a range written again is the same");
		if (range->size())
			require(range_of(range->start, range->size()) == range,
				"a range is that of its start and size");
		require(!size_text(range->size()).empty(), "a size has words");
	}
	if (const auto bdf = parse_bdf(text))
		require(parse_bdf(*bdf) == bdf, "an address written again is the same", *bdf);

	const auto trimmed = trim(text);

	require(trim(trimmed) == trimmed, "what is trimmed has nothing to trim");
	for (const auto &part : split(text, ' '))
		require(!part.empty() && part.find(' ') == part.npos,
			"a part is one, and not empty");

	const auto shown = printable(text);

	for (unsigned char c : shown)
		require(c >= ' ' && c != 0x7f, "what is printed has no control characters", shown);
	for (size_t columns : {0U, 1U, 7U, 80U}) {
		const auto cut = cut_to(shown, columns);

		require(text_width(cut) <= columns, "what is cut fits", cut);
		require(text_width(shown) > columns || cut == shown, "what fits is not cut");
	}
}

/* std::sort() must not meet an order that is none */
void three_names(const std::array<std::string, 3> &names)
{
	const auto &[a, b, c] = names;

	require(!natural_less(a, a), "nothing is less than itself", a);
	require(!(natural_less(a, b) && natural_less(b, a)), "one of two is less");
	require(a == b || natural_less(a, b) || natural_less(b, a),
		"names that differ have an order");
	require(!(natural_less(a, b) && natural_less(b, c)) || natural_less(a, c),
		"an order goes on", a + "|" + b + "|" + c);
}

} // namespace

CXLA_FUZZ(values)
{
	const unsigned how = in.byte();
	const std::string text(in.rest());

	if (how & 1)
		return one_text(text);

	std::array<std::string, 3> names;
	size_t at = 0;

	for (auto &name : names) {
		const size_t end = std::min(text.find('\n', at), text.size());

		name = text.substr(at, end - at);
		at = std::min(end + 1, text.size());
	}
	three_names(names);
}
