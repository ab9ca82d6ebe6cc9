// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests; or, executed anew by what they test, the process that an actor of a race or an
 * operation is to be killed in.
 */
#include "stress/operation_process.h"
#include "stress/write_process.h"

#include <gtest/gtest.h>
#include <string_view>

int main(int argc, char **argv)
{
	using std::string_view;

	if (argc == 3 && string_view(argv[1]) == cxla::write_command) {
		cxla::perform_writes(argv[2]);
		return 0;
	}
	if (argc == 4 && string_view(argv[1]) == cxla::perform_command) {
		cxla::perform_operation(argv[2], argv[3]);
		return 0;
	}
	testing::InitGoogleTest(&argc, argv);
	return RUN_ALL_TESTS();
}
