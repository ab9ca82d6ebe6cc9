// SPDX-License-Identifier: GPL-2.0-only
/* Inputs that are kept in the repository, and every target called with them, without libFuzzer. */
#pragma once

#include "fuzz.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

namespace cxla::fuzz
{

struct KeptInput {
	std::string name; /* of one that found something; else its number */
	std::string bytes;
};

/* as tools/fuzz writes them: corpora/TARGET.json; throws what there is to say if it can't */
inline std::vector<KeptInput> kept_inputs(const std::string &top, const std::string &target)
{
	std::ifstream file(top + "/userspace/fuzz/corpora/" + target + ".json");
	std::vector<KeptInput> inputs;

	for (const auto &entry : nlohmann::json::parse(file)) {
		KeptInput input{entry.value("name", std::to_string(inputs.size())),
				entry.value("text", "")};
		const std::string hex = entry.value("hex", "");

		for (size_t at = 0; at + 1 < hex.size(); at += 2)
			input.bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
		inputs.push_back(std::move(input));
	}
	return inputs;
}

/* the rule that an input breaks; empty: none */
inline std::string broken_rule(Target target, const std::string &bytes)
{
	/* a copy of exactly its size: what is read behind it is found */
	const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
	Input in(exact.data(), exact.size());

	try {
		target(in);
	} catch (const Broken &broken) {
		return broken.what;
	}
	return "";
}

} // namespace cxla::fuzz
