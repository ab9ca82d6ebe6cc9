// SPDX-License-Identifier: GPL-2.0-only
/* Whether udev is done with the events of what was done to devices. */
#pragma once

#include "sys/root.h"

#include <chrono>

namespace cxla
{

/* a file that is there while udev has events */
inline constexpr const char *udev_queue = "/run/udev/queue";

/*
 * Waits until udev has no event left, as `udevadm settle` finds out; or for so long.
 * True: it has none. Where there is no udev that is at once.
 */
bool udev_rests(const Root &root, std::chrono::milliseconds patience);

} // namespace cxla
