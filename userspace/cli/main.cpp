// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

int main(int argc, char **argv)
{
	return cxla::run_program(argc, argv);
}
