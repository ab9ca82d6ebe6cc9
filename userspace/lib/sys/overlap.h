// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kinds of operations were under way at the same time, from the order in which
 * operations began and ended.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace cxla
{

class Overlaps
{
public:
	explicit Overlaps(size_t kinds = 0) : under_way_(kinds), met_(kinds * kinds) {}

	/* @id: of no other operation that is under way */
	void begin(size_t kind, uint64_t id);
	/* of one that has not begun: nothing */
	void end(uint64_t id);
	/* what has not ended never will: whoever did it was killed */
	void forget();

	size_t kinds() const { return under_way_.size(); }
	/* pairs of operations, one of each kind, that were under way at one moment */
	uint64_t met(size_t a, size_t b) const;
	uint64_t begun() const { return begun_; }
	unsigned now() const { return static_cast<unsigned>(open_.size()); }
	unsigned peak() const { return peak_; }

private:
	std::vector<unsigned> under_way_; /* by kind */
	std::vector<uint64_t> met_;       /* row: the lesser of the two kinds */
	std::unordered_map<uint64_t, size_t> open_;
	uint64_t begun_ = 0;
	unsigned peak_ = 0;
};

} // namespace cxla
