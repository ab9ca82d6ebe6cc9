// SPDX-License-Identifier: GPL-2.0-only
/* Things that there is a list of, and that people name. */
#pragma once

#include "sys/error.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cxla
{

/* @name_of: a member that says how one is called; null: none is called that */
template <class Thing, class Name>
const Thing *find_named(const std::vector<Thing> &all, Name name_of, std::string_view name)
{
	auto found = std::find_if(all.begin(), all.end(), [&](const Thing &thing) {
		return std::invoke(name_of, thing) == name;
	});

	return found == all.end() ? nullptr : &*found;
}

/* all, or those named, each once; @kind: a word for what they are; throws Error (Usage) */
template <class Thing, class Name>
std::vector<const Thing *> choose(const std::vector<Thing> &all, Name name_of,
				  const std::vector<std::string> &names, const std::string &kind,
				  const std::string &hint)
{
	std::vector<const Thing *> chosen;

	if (names.empty())
		for (const auto &thing : all)
			chosen.push_back(&thing);
	for (const auto &name : names) {
		const Thing *thing = find_named(all, name_of, name);

		if (!thing)
			throw Error(fmt::format("there is no {} '{}'", kind, name), hint,
				    Exit::Usage);
		if (std::find(chosen.begin(), chosen.end(), thing) == chosen.end())
			chosen.push_back(thing);
	}
	return chosen;
}

} // namespace cxla
