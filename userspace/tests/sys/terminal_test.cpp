// SPDX-License-Identifier: GPL-2.0-only
/* Text that has to fit into so many columns. */
#include "sys/terminal.h"

#include <gtest/gtest.h>

TEST(CutText, fits_into_any_number_of_columns)
{
	EXPECT_EQ(cxla::cut_to("window", 6), "window");
	EXPECT_EQ(cxla::cut_to("window", 5), "wind~");
	EXPECT_EQ(cxla::cut_to("größer", 4), "grö~");
	EXPECT_EQ(cxla::cut_to("window", 1), "~");
	EXPECT_EQ(cxla::cut_to("window", 0), "");
	EXPECT_EQ(cxla::cut_to("", 0), "");
}
