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
/*
 * Something above the device went, and it is attached when that returns. Which of these words
 * it is depends on what went first, and on who has tried meanwhile.
 */
bool waits_for_what_is_above(std::string_view word);

} // namespace cxla
