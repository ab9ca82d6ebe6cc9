// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <cstdio>

int main(int argc, char **argv)
{
	try {
		return cxla::run_program(argc, argv);
	} catch (...) {
		/* before a command was chosen, or while its reply was printed: no memory, or a bug
		 */
		std::fputs("cxla: no memory, or a bug of this program\n", stderr);
		return static_cast<int>(cxla::Exit::Failed);
	}
}
