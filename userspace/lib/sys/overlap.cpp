// SPDX-License-Identifier: GPL-2.0-only
#include "sys/overlap.h"

#include <algorithm>

namespace cxla
{

void Overlaps::begin(size_t kind, uint64_t id)
{
	if (!open_.emplace(id, kind).second)
		return;
	begun_++;
	for (size_t other = 0; other < kinds(); other++)
		met_[std::min(kind, other) * kinds() + std::max(kind, other)] += under_way_[other];
	under_way_[kind]++;
	peak_ = std::max(peak_, now());
}

void Overlaps::end(uint64_t id)
{
	auto found = open_.find(id);

	if (found == open_.end())
		return;
	under_way_[found->second]--;
	open_.erase(found);
}

void Overlaps::forget()
{
	open_.clear();
	std::fill(under_way_.begin(), under_way_.end(), 0);
}

uint64_t Overlaps::met(size_t a, size_t b) const
{
	return met_[std::min(a, b) * kinds() + std::max(a, b)];
}

} // namespace cxla
