// SPDX-License-Identifier: GPL-2.0-only
#include "stress/verdict.h"

#include "sys/root.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using Result = Verdict::Result;

/* of UTF-8: how many bytes the character at the beginning has; 0: it is none */
size_t length_of(std::string_view text, uint32_t &character)
{
	auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
	uint8_t first = byte(0);
	size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
	/* what could have been written with fewer bytes is no UTF-8 */
	static constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (length == 1) {
		character = first;
		return 1;
	}
	if (first >> 6 != 3 || first >= 0xf8 || text.size() < length)
		return 0;
	character = first & (0x7fU >> length);
	for (size_t at = 1; at < length; at++) {
		if (byte(at) >> 6 != 2)
			return 0;
		character = character << 6 | (byte(at) & 0x3f);
	}
	return character < least[length] || character > 0x10ffff ? 0 : length;
}

bool allowed(uint32_t character)
{
	if (character == '\n' || character == '\t')
		return true;
	/* control characters, halves of pairs, and what XML says is no character */
	return character >= 0x20 && (character < 0x7f || character >= 0xa0) &&
	       (character < 0xd800 || character > 0xdfff) && character != 0xfffe &&
	       character != 0xffff;
}

std::string one_line(std::string_view text)
{
	std::string line = as_text(text);

	std::replace(line.begin(), line.end(), '\n', ' ');
	std::replace(line.begin(), line.end(), '\t', ' ');
	return std::string(trim(line));
}

/* a '#' ends a name there */
std::string ktap_name(std::string_view name)
{
	std::string text = one_line(name);

	std::replace(text.begin(), text.end(), '#', '_');
	return text;
}

/* of a text, or of an attribute: there a line is one only if it is written so */
std::string xml(std::string_view bytes)
{
	std::string out;

	for (char c : as_text(bytes)) {
		switch (c) {
		case '&':
			out += "&amp;";
			break;
		case '<':
			out += "&lt;";
			break;
		case '>':
			out += "&gt;";
			break;
		case '"':
			out += "&quot;";
			break;
		case '\n':
			out += "&#10;";
			break;
		case '\t':
			out += "&#9;";
			break;
		default:
			out += c;
		}
	}
	return out;
}

} // namespace

std::string as_text(std::string_view bytes)
{
	std::string text;

	while (!bytes.empty()) {
		uint32_t character = 0;
		size_t length = length_of(bytes, character);
		bool good = length && allowed(character);

		length = std::max<size_t>(length, 1);
		for (char c : bytes.substr(0, length))
			text += good ? std::string(1, c)
				     : fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
		bytes.remove_prefix(length);
	}
	return text;
}

unsigned VerdictGroup::count(Result result) const
{
	return static_cast<unsigned>(
		std::count_if(verdicts.begin(), verdicts.end(),
			      [&](const Verdict &verdict) { return verdict.result == result; }));
}

std::string ktap(const VerdictGroup &group)
{
	std::string text = fmt::format("KTAP version 1\n1..1\n  KTAP version 1\n  1..{}\n",
				       group.verdicts.size());
	unsigned number = 0;

	for (const auto &verdict : group.verdicts) {
		/* a line of its own each, so that none of them is taken for a result */
		for (const auto &line : split(as_text(verdict.output), '\n'))
			text += fmt::format("  # {}\n", line);
		if (verdict.seconds > 0)
			text += fmt::format("  # seconds: {:.3f}\n", verdict.seconds);
		if (verdict.result == Result::Failed && !verdict.message.empty())
			text += fmt::format("  # {}\n", one_line(verdict.message));
		text += fmt::format(
			"  {} {} {}{}\n", verdict.result == Result::Failed ? "not ok" : "ok",
			++number, ktap_name(verdict.name),
			verdict.result == Result::Skipped ? " # SKIP " + one_line(verdict.message)
							  : "");
	}

	bool all_skipped = number && group.count(Result::Skipped) == number;

	return text + fmt::format("{} 1 {}{}\n", group.count(Result::Failed) ? "not ok" : "ok",
				  ktap_name(group.name), all_skipped ? " # SKIP all of it" : "");
}

std::string junit(const VerdictGroup &group)
{
	std::string counts = fmt::format(
		R"(name="{}" tests="{}" failures="{}" errors="0" skipped="{}" time="{:.3f}")",
		xml(group.name), group.verdicts.size(), group.count(Result::Failed),
		group.count(Result::Skipped), group.seconds);
	std::string text = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				       "<testsuites {}>\n<testsuite {}>\n",
				       counts, counts);

	for (const auto &verdict : group.verdicts) {
		text += fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n",
				    xml(group.name), xml(verdict.name), verdict.seconds);
		if (verdict.result == Result::Skipped)
			text += fmt::format("<skipped message=\"{}\"/>\n", xml(verdict.message));
		if (verdict.result == Result::Failed)
			text += fmt::format("<failure message=\"{}\"/>\n", xml(verdict.message));
		if (!verdict.output.empty())
			text += fmt::format("<system-out>{}</system-out>\n", xml(verdict.output));
		text += "</testcase>\n";
	}
	return text + "</testsuite>\n</testsuites>\n";
}

} // namespace cxla
