// SPDX-License-Identifier: GPL-2.0-only
/* A setting that a command has changed for its time is put back, wherever the command is killed. */
#include "load/attach.h"
#include "load/borrowed.h"
#include "planning.h"

#include <sys/wait.h>

namespace cxla::test
{
namespace
{

struct Borrowing : ::testing::Test {
	Borrowing()
	{
		made.add_kernel();
		made.add_device(bdf);
		made.file(region_creation, "N\n");
		/* as long as the other word: a file is no attribute, and keeps what is behind */
		made.file(methods, "bus\n");
	}
	/* in a process that is killed as it looks at its @n-th path; true: it came to its end */
	template <class What> bool killed_at(unsigned n, What what)
	{
		pid_t pid = fork();
		int status = 0;

		if (!pid) {
			Root root = made.root();

			root.listen([&n](const std::string &) {
				if (!--n)
					_exit(1);
			});
			what(root);
			_exit(0);
		}
		EXPECT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_TRUE(WIFEXITED(status)) << status;
		return WEXITSTATUS(status) == 0;
	}
	std::string creation() { return made.root().text(region_creation).value_or(""); }
	std::string method() { return made.root().text(methods).value_or(""); }
	bool recorded() { return made.root().exists(state_path); }

	const std::string methods = "/sys/bus/pci/devices/" + bdf + "/reset_method";
	const BorrowedSetting reset{borrowed_reset_method, bdf, "bus", "flr"};
	MadeUpRoot made;
};

TEST_F(Borrowing, is_put_back_after_a_kill_at_each_step)
{
	unsigned left_changed = 0, n = 1;

	for (bool ended = false; !ended; n++) {
		ASSERT_LT(n, 1000U);
		ended = killed_at(n, [&](const Root &root) {
			RegionCreation creation(root);
			Borrowed method(root, reset);
		});
		left_changed += creation() == "Y" || method() == "flr";
		put_back_borrowed(made.root());
		EXPECT_EQ(creation(), "N") << n;
		EXPECT_EQ(method(), "bus") << n;
		EXPECT_FALSE(recorded()) << n;
	}
	EXPECT_GT(left_changed, 5U);
}

TEST_F(Borrowing, is_put_back_after_a_kill_of_what_puts_it_back)
{
	for (unsigned n = 1;; n++) {
		ASSERT_LT(n, 1000U);
		write_state(made.root(), {"boot-1", {}, {}, {}, {}, {reset}});
		made.file(methods, "flr\n");

		bool ended = killed_at(n, [](const Root &root) { put_back_borrowed(root); });

		put_back_borrowed(made.root());
		EXPECT_EQ(method(), "bus") << n;
		EXPECT_FALSE(recorded()) << n;
		if (ended)
			break;
	}
}

TEST_F(Borrowing, leaves_what_a_load_has_on_record)
{
	State taken{"boot-1", "", {"cxla_core"}, {{"pci", bdf, "cxl_pci", ""}}};

	write_state(made.root(), taken);
	{
		RegionCreation creation(made.root());
		auto state = read_state(made.root(), "boot-1");

		ASSERT_TRUE(state);
		ASSERT_TRUE(state->has_value());
		EXPECT_EQ((*state)->taken, taken.taken);
		ASSERT_EQ((*state)->borrowed.size(), 1U);
		EXPECT_EQ((*state)->borrowed[0].before, "N");
	}
	EXPECT_EQ(*read_state(made.root(), "boot-1"), taken);
}

TEST_F(Borrowing, what_somebody_has_changed_since_stays)
{
	write_state(made.root(), {"boot-1", {}, {}, {}, {}, {reset}});
	made.file(methods, "pm\n");
	EXPECT_TRUE(put_back_borrowed(made.root()).empty());
	EXPECT_EQ(method(), "pm");
	EXPECT_FALSE(recorded());
}

TEST_F(Borrowing, what_is_gone_or_of_an_earlier_boot_is_forgotten)
{
	write_state(made.root(), {"boot-1", {}, {}, {}, {}, {reset}});
	made.remove(methods);
	EXPECT_TRUE(put_back_borrowed(made.root()).empty());
	EXPECT_FALSE(recorded());
	made.file(methods, "flr\n");
	write_state(made.root(), {"boot-0", {}, {}, {}, {}, {reset}});
	EXPECT_TRUE(put_back_borrowed(made.root()).empty());
	EXPECT_EQ(method(), "flr");
}

TEST_F(Borrowing, record_of_another_setting_or_of_a_path_is_refused)
{
	for (const auto &wrong : {BorrowedSetting{"../../../etc/passwd", "", "a", "b"},
				  BorrowedSetting{borrowed_reset_method, "../..", "a", "b"}}) {
		State state{"boot-1", {}, {}, {}, {}, {wrong}};

		EXPECT_FALSE(state_from_text(state_to_text(state), state_path));
	}

	State good{"boot-1", {}, {}, {}, {}, {reset}};
	auto read = state_from_text(state_to_text(good), state_path);

	ASSERT_TRUE(read);
	EXPECT_EQ(*read, good);
}

} // namespace
} // namespace cxla::test
