// SPDX-License-Identifier: GPL-2.0-only
/* Regions that userspace describes, over made-up roots. */
#include "made_up_root.h"
#include "stress/description.h"
#include "stress/operation.h"
#include "stress/refusals.h"

#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

const std::string attached = "0000:0d:00.0", idle = "0000:0e:00.0";
const std::string root0 = "/sys/devices/platform/ACPI0017:00/root0";
const std::string window = root0 + "/decoder0.0";
const std::string endpoint = root0 + "/port1/endpoint3";

/* one attached, and an expander that firmware committed nothing of */
class Descriptions : public testing::Test
{
protected:
	Descriptions()
	{
		made_.add_virtual_machine();
		made_.make_expander(1);
		made_.file(window + "/create_ram_region", "region7\n");
		made_.file(window + "/delete_region", "");
		made_.remove(window + "/region1");
		made_.remove("/sys/bus/cxla/devices/region1");
		made_.file(endpoint + "/decoder3.0/region", "\n");
		made_.file(endpoint + "/decoder3.0/dpa_size", "0x0\n");
	}

	void add_region(const std::string &name, const std::string &target)
	{
		made_.file(window + "/" + name + "/target0", target + "\n");
		made_.file(window + "/" + name + "/resource", "0x6f0000000\n");
		made_.link("/sys/bus/cxla/devices/" + name, window + "/" + name);
	}

	std::string path_of(Describe step, const std::string &region = "region7")
	{
		Description now = describe(made_.root(), idle);

		now.region = region;
		return now.write_of(made_.root(), step).path;
	}

	MadeUpRoot made_;
};

} // namespace

TEST_F(Descriptions, expander_without_a_region_can_be_described_and_no_other)
{
	EXPECT_TRUE(can_be_described(made_.root(), idle));
	made_.make_expander(0);
	EXPECT_FALSE(can_be_described(made_.root(), attached));
	made_.remove(window + "/create_ram_region");
	EXPECT_FALSE(can_be_described(made_.root(), idle));
}

TEST_F(Descriptions, window_leads_to_the_host_bridge_of_the_device)
{
	made_.file(window + "/target_list", "13\n");
	EXPECT_EQ(describe(made_.root(), idle).window, "");
	made_.link(root0 + "/dport13", "/sys/devices/pci0000:80");
	EXPECT_EQ(describe(made_.root(), idle).window, "");
	made_.file(window + "/target_list", "12\n");
	EXPECT_EQ(describe(made_.root(), idle).window, "decoder0.0");
}

TEST_F(Descriptions, each_write_names_the_objects_of_this_moment)
{
	Description now = describe(made_.root(), idle);

	EXPECT_EQ(now.window, "decoder0.0");
	EXPECT_EQ(now.decoder, "decoder3.0");
	EXPECT_EQ(describe(made_.root(), idle, 1).decoder, "decoder3.0");
	EXPECT_EQ(now.write_of(made_.root(), Describe::Make).value, "region7");
	EXPECT_EQ(path_of(Describe::Dpa), "/sys/bus/cxla/devices/decoder3.0/dpa_size");
	EXPECT_EQ(path_of(Describe::Target), "/sys/bus/cxla/devices/region7/target0");
	EXPECT_EQ(path_of(Describe::Bind), "/sys/bus/cxla/drivers/cxla_region/bind");
	made_.remove("/sys/bus/cxla/devices/endpoint3");
	EXPECT_EQ(path_of(Describe::Dpa), "");
}

TEST_F(Descriptions, regions_of_others_are_never_theirs)
{
	EXPECT_TRUE(described_regions(made_.root(), {idle}).empty());
	add_region("region7", "");
	add_region("region8", "decoder3.0");
	EXPECT_EQ(described_regions(made_.root(), {idle}),
		  (std::vector<std::string>{"region7", "region8"}));
	EXPECT_EQ(described_regions(made_.root(), {attached}),
		  (std::vector<std::string>{"region0", "region7"}));
}

TEST_F(Descriptions, at_the_end_each_is_deleted_and_its_memory_given_back)
{
	add_region("region7", "decoder3.0");
	made_.file(endpoint + "/decoder3.0/dpa_size", "4096\n");
	end_described(made_.root(), {});
	EXPECT_EQ(made_.read(endpoint + "/decoder3.0/dpa_size"), "4096\n");
	end_described(made_.root(), {idle});
	EXPECT_EQ(made_.read(window + "/delete_region"), "region7");
	EXPECT_EQ(made_.read(endpoint + "/decoder3.0/dpa_size"), "0096\n");
	EXPECT_EQ(made_.read(root0 + "/port1/endpoint2/decoder2.0/dpa_size"), "0x20000000\n");
}

TEST_F(Descriptions, operations_about_them_want_such_an_expander)
{
	TestBed bed = find_test_bed(made_.root(), read_machine(made_.root()), "");
	const MachineOperation &commit = *find_operation("commit-made");

	EXPECT_EQ(bed.idle, idle);
	EXPECT_EQ(missing_for(bed, commit), "");
	bed.idle.clear();
	EXPECT_NE(missing_for(bed, commit), "");
	EXPECT_EQ(refusal_of(commit, missing_for(bed, commit)).code, "no-target");
	EXPECT_NE(missing_for(bed, *find_operation("attach-made")), "");
}
