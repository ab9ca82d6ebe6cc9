// SPDX-License-Identifier: GPL-2.0-only
/* The reasons of uapi/linux/cxla.h, with a sentence on each for people. */
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cxla
{

struct ReasonText {
	std::string_view word;
	std::string_view meaning; /* what it means */
	std::string_view todo;    /* what to do about it; empty when nothing is */
};

/* a word that is unknown here gets a text that says so */
ReasonText reason_by_word(std::string_view word);
ReasonText reason_by_number(uint32_t number);

} // namespace cxla
