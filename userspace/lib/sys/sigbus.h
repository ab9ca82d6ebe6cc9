// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to memory that may be taken away meanwhile: the range of an accelerator. An
 * access that comes after a revoke is answered by SIGBUS.
 */
#pragma once

#include <memory>
#include <type_traits>

namespace cxla
{

/*
 * Runs @access(@argument). False: SIGBUS ended it, where it was. Nothing that lives in it
 * then may have a destructor. Of any thread; the first call takes the signal's handler, and
 * a SIGBUS from elsewhere ends the process as it would have.
 */
bool survives_sigbus(void (*access)(void *argument), void *argument);

template <class Access> bool survives_sigbus(Access &&access)
{
	using Plain = std::remove_reference_t<Access>;

	static_assert(std::is_trivially_destructible_v<Plain>);
	return survives_sigbus([](void *argument) { (*static_cast<Plain *>(argument))(); },
			       std::addressof(access));
}

} // namespace cxla
