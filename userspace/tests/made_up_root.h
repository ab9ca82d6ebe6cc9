// SPDX-License-Identifier: GPL-2.0-only
/*
 * A folder that looks like the root of a CXL machine to the library: files, links
 * and folders below a temporary directory, gone with the object.
 */
#pragma once

#include "cxl/machine.h"

#include <string>

namespace cxla::test
{

/* of the one device that most tests need */
inline const std::string bdf = "0000:0d:00.0";

inline bool contains(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

class MadeUpRoot
{
public:
	MadeUpRoot();
	~MadeUpRoot();
	MadeUpRoot(const MadeUpRoot &) = delete;
	MadeUpRoot &operator=(const MadeUpRoot &) = delete;

	/* each makes the folders it needs; paths as seen from inside */
	void file(const std::string &path, const std::string &content);
	void dir(const std::string &path);
	/* a relative link, as sysfs has them; @target need not exist */
	void link(const std::string &path, const std::string &target);
	void remove(const std::string &path);
	std::string read(const std::string &path) const;

	const std::string &folder() const { return folder_; }
	Root root() const { return Root(folder_); }

	/* a kernel, iomem and an empty PCI bus */
	void add_kernel();
	/* CEDT: a window of 4 GiB at 0x690000000 to host bridge 12; ACPI0017:00 */
	void add_platform();
	/* a CXL.mem device of 512 MiB below the host bridge, without a driver */
	void add_device(const std::string &bdf);
	void bind(const std::string &bus, const std::string &device, const std::string &driver);
	void add_module(const std::string &name, int refcount = 0);
	/* @count devices attached at 0x690000000 and on, 512 MiB each; ours loaded */
	void add_attached(unsigned count);
	/* a virtual machine with two devices attached, a kernel log, and nothing on its way */
	void add_virtual_machine();
	/* of those attached: refused with the reason, so without memdev and region */
	void refuse(unsigned index, const std::string &reason);
	/* of those attached: bound to cxla_pci instead */
	void make_expander(unsigned index);
	/* the same device held by cxl_pci, root by cxl_acpi; a region if @region */
	void add_intree(const std::string &bdf, bool region, bool locked);
	/* hmem_platform.0, which stands for all Soft Reserved ranges */
	void add_hmem(const std::string &driver);
	/* /dev/@name of 512 MiB at @start, below @parent: hmem.0, cxla_hmem.0, dax_region0 */
	void add_dax(const std::string &name, const std::string &parent, uint64_t start,
		     const std::string &driver);
	/* what debugfs shows of the ledger */
	void add_ledger(const std::string &lines);

private:
	std::string folder_;
};

/* a well-formed table: CHBS of uid 12 and one window */
std::string make_cedt();
/* configuration space with a DVSEC for CXL devices */
std::string make_config(bool mem = true, unsigned ranges = 1, uint64_t size = 0x20000000);
std::string device_path(const std::string &bdf);

} // namespace cxla::test
