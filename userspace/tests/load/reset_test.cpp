// SPDX-License-Identifier: GPL-2.0-only
/* What a reset reaches, what stands in its way, and what came back. */
#include "load/reset.h"

#include "planning.h"

namespace cxla::test
{
namespace
{

struct Reset : ::testing::Test {
	Reset()
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(2);
		/* the second one is another function of the first one's bus */
		made.file(device_path(bdf) + "/reset_method", "flr bus\n");
		made.file(device_path(bdf) + "/reset", "");
	}
	ResetPlan plan(std::optional<ResetMethod> method = {}, bool in_use = false)
	{
		return plan_reset(made.root(), read_machine(made.root()), bdf, method, in_use);
	}
	std::vector<std::string> reached(const ResetPlan &plan)
	{
		std::vector<std::string> all;

		all.reserve(plan.functions.size());
		for (const auto &function : plan.functions)
			all.push_back(function.bdf);
		return all;
	}
	/* the capability register of its DVSEC says so */
	void can_cxl_reset()
	{
		std::string config = make_config();
		size_t at = config.find("\x98\x1e");

		ASSERT_NE(at, std::string::npos);
		/* header 1, header 2, then the capability */
		config[at + 6] = static_cast<char>(config[at + 6] | 0x80);
		made.file(device_path(bdf) + "/config", config);
	}

	MadeUpRoot made;
};

TEST_F(Reset, mildest_method_that_the_device_has_is_taken)
{
	EXPECT_EQ(plan().method, ResetMethod::Flr);
	can_cxl_reset();
	EXPECT_EQ(plan().method, ResetMethod::Cxl);
	EXPECT_EQ(plan(ResetMethod::Bus).method, ResetMethod::Bus);
	made.file(device_path(bdf) + "/reset_method", "bus\n");
	EXPECT_TRUE(refused(plan(ResetMethod::Flr).refusals, "no-method"));
}

TEST_F(Reset, device_without_any_is_refused)
{
	made.file(device_path(bdf) + "/reset_method", "\n");
	EXPECT_TRUE(refused(plan().refusals, "no-method"));
	EXPECT_TRUE(plan().functions.empty());
}

TEST_F(Reset, function_reset_reaches_one_function_and_a_cxl_reset_all_of_its_device)
{
	std::string other = "0000:0d:00.1";

	made.add_device(other);
	EXPECT_EQ(reached(plan(ResetMethod::Flr)), std::vector<std::string>{bdf});
	can_cxl_reset();
	EXPECT_EQ(reached(plan(ResetMethod::Cxl)), (std::vector<std::string>{bdf, other}));
	EXPECT_TRUE(plan(ResetMethod::Cxl).refusals.empty());
}

TEST_F(Reset, range_and_its_owners_are_told)
{
	auto plan = this->plan();

	ASSERT_EQ(plan.functions.size(), 1U);
	EXPECT_EQ(plan.functions[0].driver, accel_driver);
	ASSERT_EQ(plan.functions[0].ranges.size(), 1U);
	EXPECT_EQ(plan.functions[0].ranges[0].text(), "0x690000000-0x6afffffff");
	EXPECT_TRUE(plan.refusals.empty());
}

TEST_F(Reset, memory_that_is_online_refuses)
{
	EXPECT_FALSE(refused(plan({}, true).refusals, "online"));
	made.file("/proc/iomem", "690000000-6afffffff : region0\n"
				 "  690000000-69fffffff : System RAM (kmem)\n");
	EXPECT_TRUE(refused(plan({}, true).refusals, "online"));
}

TEST_F(Reset, device_of_another_driver_is_refused)
{
	made.bind("pci", bdf, "cxl_pci");
	EXPECT_TRUE(refused(plan().refusals, "not-ours"));
}

TEST_F(Reset, what_came_back_is_compared_with_what_was_there)
{
	auto before = plan().functions.at(0);

	EXPECT_TRUE(outcome_of(read_machine(made.root()), before).has_all_of(before));
	made.refuse(0, "not-committed");

	auto outcome = outcome_of(read_machine(made.root()), before);

	EXPECT_FALSE(outcome.has_all_of(before));
	EXPECT_EQ(outcome.state, "pci-only");
	EXPECT_EQ(outcome.reason, "not-committed");
}

TEST_F(Reset, what_the_kernel_tries_for_a_device_stays_what_it_was)
{
	do_reset(made.root(), plan(ResetMethod::Flr));
	EXPECT_EQ(made.read(device_path(bdf) + "/reset_method"), "flr bus\n");
	EXPECT_EQ(made.read(device_path(bdf) + "/reset"), "1");
	made.remove(device_path(bdf) + "/reset");
	EXPECT_THROW(do_reset(made.root(), plan(ResetMethod::Flr)), Error);
	EXPECT_EQ(made.read(device_path(bdf) + "/reset_method"), "flr bus\n");
}

TEST_F(Reset, what_the_kernel_tried_before_is_on_record_meanwhile)
{
	Root root = made.root();
	std::string seen;

	root.listen([&](const std::string &path) {
		if (path.ends_with("/reset"))
			seen = made.read(state_path);
	});
	do_reset(root, plan(ResetMethod::Flr));
	EXPECT_TRUE(contains(seen, "\"before\": \"flr bus\"")) << seen;
	EXPECT_FALSE(made.root().exists(state_path));
}

} // namespace
} // namespace cxla::test
