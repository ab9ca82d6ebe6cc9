// SPDX-License-Identifier: GPL-2.0-only
/*
 * One accelerator that cxla_accel drives: what its sysfs folder says, its node
 * /dev/cxla/accelN, the ioctl and the mapping of its range.
 */
#pragma once

#include "cxl/openers.h"
#include "cxl/pci.h"
#include "cxl/topology.h"
#include "sys/fd.h"

#include <linux/cxla.h>
#include <span>

namespace cxla
{

inline constexpr const char *accel_driver = "cxla_accel";
/* of memory expanders: a memdev, its regions, and no attach */
inline constexpr const char *expander_driver = "cxla_pci";
/* Y: where firmware made no region, an attach makes one */
inline constexpr const char *region_creation = "/sys/module/cxla_accel/parameters/create_regions";

/* either of them */
bool is_our_pci_driver(std::string_view driver);

struct Accelerator {
	std::string bdf;
	std::string driver;                     /* empty: none */
	Reading<std::string> accel = Problem{}; /* accelN */
	Reading<std::string> state = Problem{};
	Reading<std::string> reason = Problem{};
	Reading<uint64_t> error = Problem{}; /* errno of the last attach; 0: none */
	std::optional<Range> range;          /* while attached */
	std::string memdev;                  /* mem0, or empty */
	std::optional<bool> locked;          /* its region; nothing: no region, or unreadable */
	std::string lock_by;                 /* the same, by kind: `decoder, window, attach` */
	std::string lock_why;                /* why it is locked, as far as can be seen */
	std::vector<Problem> problems;

	bool attached() const { return state.value_or("") == "attached"; }
};

/* @ours may be empty; lock and memdev are unknown then */
Accelerator read_accelerator(const Root &root, const std::string &bdf, const Topology &ours);
/* every PCI device bound to the driver */
std::vector<std::string> bound_to(const Root &root, const std::string &driver);
std::vector<Accelerator> read_accelerators(const Root &root, const Topology &ours);

/* the PCI address of BDF, accelN or memN; throws Error */
std::string resolve_device(const Root &root, const std::string &name);

class Mapping
{
public:
	Mapping(void *address, size_t length) : bytes_(static_cast<std::byte *>(address), length) {}
	Mapping(Mapping &&other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
	Mapping &operator=(Mapping &&) = delete;
	~Mapping();

	std::span<std::byte> bytes() const { return bytes_; }

private:
	std::span<std::byte> bytes_;
};

/* an open node; functions throw Error */
class AccelNode
{
public:
	AccelNode(const Root &root, const std::string &accel, bool writable);

	cxla_accel_info info() const;
	Mapping map(size_t length, bool writable) const;

private:
	std::string path_;
	Fd fd_;
};

/* memdev-add and the like, for people and JSON keys */
const char *phase_name(unsigned phase);
const char *state_name(uint32_t state);

} // namespace cxla
