// SPDX-License-Identifier: GPL-2.0-only
/* What a device's own registers say of CXL.mem, with or without a driver. */
#include "made_up_root.h"
#include "report/report.h"
#include "report/status.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cxla
{
namespace
{

using test::contains;
using test::device_path;
using test::MadeUpRoot;

constexpr const char *the_device = "0000:0d:00.0";

struct DeviceState : ::testing::Test {
	DeviceState()
	{
		made.add_kernel();
		made.add_platform();
		made.add_device(the_device);
	}
	/* a 16-bit register of its configuration space */
	void set(unsigned offset, uint16_t value)
	{
		std::string config = test::make_config();

		config[offset] = static_cast<char>(value);
		config[offset + 1] = static_cast<char>(value >> 8);
		made.file(device_path(the_device) + "/config", config);
	}
	std::string said() { return machine_text(read_status(made.root(), {})); }
	std::string wrong() { return wrong_text(read_status(made.root(), {}).machine); }
	nlohmann::ordered_json json()
	{
		return status_json(read_status(made.root(), {}))["pci"]["devices"][0]["cxl"];
	}

	MadeUpRoot made;
};

TEST_F(DeviceState, enabled_and_trained_is_nothing_wrong)
{
	EXPECT_EQ(wrong(), "");
	EXPECT_TRUE(json()["mem_enable"]);
	EXPECT_TRUE(json()["memory_active"]);
	EXPECT_TRUE(json()["link"]["mem"]);
}

TEST_F(DeviceState, link_that_trained_as_pcie_is_told)
{
	set(0x30e, 0);
	EXPECT_TRUE(contains(said(), "trained as PCIe"));
	EXPECT_TRUE(contains(wrong(), "trained-without-cxl: its link trained as PCIe")) << wrong();
	EXPECT_FALSE(json()["link"]["io"]);
	/* CXL.io alone */
	set(0x30e, 2);
	EXPECT_TRUE(contains(wrong(), "its link trained without CXL.mem")) << wrong();
}

TEST_F(DeviceState, memory_that_is_not_ready_is_told)
{
	set(0x21c, 1);
	EXPECT_TRUE(contains(said(), "not ready"));
	EXPECT_TRUE(contains(wrong(), "memory-not-active")) << wrong();
	EXPECT_FALSE(json()["memory_active"]);
}

TEST_F(DeviceState, mem_enable_that_is_off_is_shown_and_not_wrong)
{
	set(0x20c, 0);
	EXPECT_TRUE(contains(said(), " off ")) << said();
	EXPECT_EQ(wrong(), "");
	EXPECT_FALSE(json()["mem_enable"]);
}

TEST_F(DeviceState, a_platform_without_windows_is_wrong)
{
	std::string cedt = test::make_cedt();

	/* cut behind the host bridge */
	cedt.resize(36 + 32);
	cedt[4] = static_cast<char>(cedt.size());
	made.file("/sys/firmware/acpi/tables/CEDT", cedt);
	EXPECT_TRUE(contains(wrong(), "no-windows: has no window")) << wrong();
}

} // namespace
} // namespace cxla
