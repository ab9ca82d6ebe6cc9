// SPDX-License-Identifier: GPL-2.0-only
#include "reply.h"

#include <fmt/format.h>
#include <fstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace cxla::test
{

using valijson::adapters::NlohmannJsonAdapter;

namespace
{

/* parsed once: that of the first call */
const valijson::Schema &parsed_schema(const std::string &file)
{
	static const auto parsed = [&] {
		auto schema = std::make_unique<valijson::Schema>();
		std::ifstream in(file);
		nlohmann::json text = nlohmann::json::parse(in);

		valijson::SchemaParser().populateSchema(NlohmannJsonAdapter(text), *schema);
		return schema;
	}();

	return *parsed;
}

} // namespace

std::string wrong_with_reply(const std::string &text, const std::string &schema)
{
	nlohmann::json reply = nlohmann::json::parse(text, nullptr, false);
	valijson::ValidationResults results;
	valijson::ValidationResults::Error error;
	std::string wrong;

	if (reply.is_discarded())
		return "no JSON: " + text;
	if (valijson::Validator(valijson::Validator::kStrongTypes)
		    .validate(parsed_schema(schema), NlohmannJsonAdapter(reply), &results))
		return "";
	while (results.popError(error)) {
		for (const auto &part : error.context)
			wrong += part;
		wrong += fmt::format(": {}\n", error.description);
	}
	return wrong.empty() ? "it is not valid" : wrong;
}

} // namespace cxla::test
