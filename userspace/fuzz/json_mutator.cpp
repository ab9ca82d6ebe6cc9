// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes inputs that are JSON as JSON: a value becomes another one, a string is changed, a part
 * goes or is there twice, or stands in another place. What stands before the first brace stays.
 */
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

namespace
{

using json = nlohmann::ordered_json;

/* all values of a document, the document first */
void collect(json &value, std::vector<json *> &all)
{
	all.push_back(&value);
	if (value.is_structured())
		for (auto &child : value)
			collect(child, all);
}

std::string mutated(std::string text)
{
	const size_t size = text.size();

	text.resize(size + 64);
	text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(text.data()), size, text.size()));
	return text;
}

json interesting(std::mt19937 &random)
{
	switch (random() % 16) {
	case 0:
		return nullptr;
	case 1:
		return true;
	case 2:
		return 0;
	case 3:
		return -1;
	case 4:
		return UINT64_MAX;
	case 5:
		return INT64_MIN;
	case 6:
		return 1e308;
	case 7:
		return -1e-308;
	case 8:
		return "";
	case 9:
		return "../..";
	case 10:
		return "<a href=\"'&\x01";
	case 11:
		return json::array();
	case 12:
		return json::object();
	case 13:
		return 1ULL << random() % 64;
	case 14:
		return (1ULL << random() % 64) - 1;
	default:
		return random();
	}
}

void change(json &document, std::mt19937 &random)
{
	std::vector<json *> all;

	collect(document, all);

	json &value = *all[random() % all.size()];
	const size_t children = value.is_structured() ? value.size() : 0;

	switch (random() % 4) {
	case 0: /* goes */
		if (children) {
			auto child = value.begin();

			std::advance(child, random() % children);
			value.erase(child);
			return;
		}
		break;
	case 1: /* is there twice */
		if (children && value.is_array()) {
			json again = value[random() % children];

			value.push_back(std::move(again));
			return;
		}
		break;
	case 2: { /* stands in another place */
		json other = *all[random() % all.size()];

		value = std::move(other);
		return;
	}
	default:
		break;
	}
	if (value.is_string() && random() % 4)
		value = mutated(value.get<std::string>());
	else if (value.is_number_unsigned() && random() % 2)
		value = value.get<uint64_t>() ^ 1ULL << random() % 64;
	else
		value = interesting(random);
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
					  unsigned seed)
{
	std::mt19937 random(seed);
	const std::string_view text(reinterpret_cast<const char *>(data), size);
	const size_t brace = text.find('{');

	if (brace == text.npos || random() % 8 == 0)
		return LLVMFuzzerMutate(data, size, max_size);

	json document = json::parse(text.substr(brace), nullptr, false);

	if (document.is_discarded())
		return LLVMFuzzerMutate(data, size, max_size);
	for (unsigned n = 1 + random() % 4; n--;)
		change(document, random);

	const std::string out = document.dump(-1, ' ', false, json::error_handler_t::replace);

	if (brace + out.size() > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	std::memcpy(data + brace, out.data(), out.size());
	if (brace)
		data[0] ^= random() % 4 ? 0 : 1 << random() % 8;
	return brace + out.size();
}
