// SPDX-License-Identifier: GPL-2.0-only
#include "stress/search.h"

#include "stress/executor.h"
#include "stress/rest.h"

#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

using namespace std::chrono_literals;

Search::Search(const TestBed &bed, double patience) : bed_(bed), log_(bed.root), patience_(patience)
{
}

void Search::found(const std::string &what, bool stuck)
{
	log_.look();
	throw Found{what, log_.warnings(), stuck};
}

void Search::watched(const std::string &what, const std::function<void()> &task)
{
	try {
		run_watched(thread_, what, patience_, task);
	} catch (const Stuck &stuck) {
		found(stuck.what(), true);
	} catch (const std::exception &error) {
		found(fmt::format("{}: {}", what, error.what()));
	}
}

void Search::listen()
{
	log_.look();
	if (!log_.warnings().empty())
		found("the kernel says: " + log_.warnings().front());
}

Snapshot Search::snapshot()
{
	return asked<Snapshot>("counting", [this] { return take_snapshot(bed_.root); });
}

bool Search::becomes(const Snapshot &wanted, SnapshotChange &change, int looks)
{
	for (int look = 0; look < looks; look++) {
		if (look)
			std::this_thread::sleep_for(50ms);
		change = compare(wanted, snapshot());
		if (change.empty())
			return true;
	}
	return false;
}

void Search::expect(const Snapshot &wanted, const std::string &otherwise)
{
	SnapshotChange change;

	if (!becomes(wanted, change))
		found(otherwise + ":" + in_words(change));
}

} // namespace cxla
