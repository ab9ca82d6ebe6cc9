// SPDX-License-Identifier: GPL-2.0-only
/* What libFuzzer calls: the one target that this program is linked with. */
#include "fuzz.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const cxla::fuzz::Target target = cxla::fuzz::targets().begin()->second;
	cxla::fuzz::Input in(data, size);

	try {
		target(in);
	} catch (const cxla::fuzz::Broken &broken) {
		std::fprintf(stderr, "broken rule: %s\n", broken.what.c_str());
		std::abort();
	}
	return 0;
}
