// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole numbers of a JSON document that somebody else may have written. What the JSON library
 * makes of a number that the type does not hold is undefined, or another number.
 */
#pragma once

#include "sys/error.h"

#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace cxla
{

/* throws Error when it is no whole number, negative, or more than @T holds */
template <class T, class Json> T whole_number(const Json &value)
{
	static_assert(std::numeric_limits<T>::is_integer && !std::numeric_limits<T>::is_signed);
	/* a number that a program has put there is signed, one that was parsed is not */
	const bool whole = value.is_number_unsigned() ||
			   (value.is_number_integer() && value.template get<int64_t>() >= 0);

	if (!whole || value.template get<uint64_t>() > std::numeric_limits<T>::max())
		throw Error(fmt::format("'{:.40}' is no whole number from 0 to {}",
					value.dump(-1, ' ', false, Json::error_handler_t::replace),
					std::numeric_limits<T>::max()));
	return value.template get<T>();
}

} // namespace cxla
