// SPDX-License-Identifier: GPL-2.0-only
#include "sys/udev.h"

#include <thread>

namespace cxla
{

bool udev_rests(const Root &root, std::chrono::milliseconds patience)
{
	const auto deadline = std::chrono::steady_clock::now() + patience;

	while (root.exists(udev_queue)) {
		if (std::chrono::steady_clock::now() >= deadline)
			return false;
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
	}
	return true;
}

} // namespace cxla
