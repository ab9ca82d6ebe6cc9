// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rest: everything that was bound is bound, nothing is on its way. A snapshot taken
 * there is compared with one that was taken there before.
 */
#pragma once

#include "cxl/snapshot.h"
#include "stress/actor.h"

namespace cxla
{

/*
 * Binds everything that was bound; what can't be bound the snapshot shows. @anew: devices
 * that are bound, too, with all that is below them.
 */
void bring_to_rest(const Root &root, const Targets &targets, bool anew);
/* binds what is not bound; there may be more that is not as it was */
SnapshotChange change_as_it_is(const Root &root, const Targets &targets, const Snapshot &before);
/* brings it to rest, and waits a little for what is handed out a moment later */
SnapshotChange change_at_rest(const Root &root, const Targets &targets, const Snapshot &before);
/* a line for each object */
std::string in_words(const SnapshotChange &change);

} // namespace cxla
