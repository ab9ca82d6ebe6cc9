// SPDX-License-Identifier: GPL-2.0-only
/*
 * check_reply SCHEMA FILE...: whether what the program printed with --json, where only a
 * machine with devices has it, is as the schema says. Exit status 1: it is not.
 */
#include "reply.h"

#include <cstdio>
#include <fstream>
#include <sstream>

int main(int argc, char **argv)
{
	int wrong = argc < 3;

	for (int i = 2; i < argc; i++) {
		std::ifstream in(argv[i]);
		std::stringstream text;

		text << in.rdbuf();
		std::string what = cxla::test::wrong_with_reply(text.str(), argv[1]);

		if (what.empty())
			continue;
		std::fprintf(stderr, "%s: %s\n", argv[i], what.c_str());
		wrong = 1;
	}
	return wrong;
}
