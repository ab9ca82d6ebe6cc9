// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules: which are loaded, where ours are to be found, and whether the
 * running kernel will take them. Loading and unloading is libkmod's.
 */
#pragma once

#include "sys/root.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct kmod_ctx;
struct kmod_module;

namespace cxla
{

/* in the order they are loaded */
inline constexpr std::array<const char *, 8> our_modules = {"cxla_core", "cxla_port",  "cxla_mem",
							    "cxla_acpi", "cxla_accel", "cxla_pci",
							    "cxla_hmem", "cxla_dax"};
/* the first of them; the others give ranges to device-dax, where the kernel has that */
inline constexpr size_t necessary_modules = 6;
bool is_our_module(std::string_view name);
/* the kernel's own that matter to CXL: whether they are loaded is known */
inline constexpr std::array<const char *, 11> kernel_modules = {
	"cxl_core", "cxl_port", "cxl_mem", "cxl_acpi", "cxl_pci",   "cxl_pmem",
	"dax_hmem", "dax_cxl",  "kmem",    "dax",      "device_dax"};
bool is_dax_module(std::string_view name);

/* what /sys/module says of a module that is in the kernel */
struct LoadedModule {
	std::string state; /* live, coming, going; empty: built in */
	int refcount = 0;
	std::vector<std::string> holders;
	std::string version;
};

/* every module of ours, and every in-tree one that matters to CXL, by name */
std::map<std::string, LoadedModule> read_loaded_modules(const Root &root);
/* how many use it; nothing: it is not loaded */
std::optional<int> module_references(const Root &root, const std::string &name);
std::optional<LoadedModule> read_loaded_module(const Root &root, const std::string &name);
/* has a driver of the module a device; no reference to the module says so */
bool module_drives_a_device(const Root &root, const std::string &name);

/* a module's file */
struct ModuleFile {
	std::string name;
	std::string path;
	std::string vermagic; /* its first word is the kernel release */
	bool is_signed = false;
	std::vector<std::string> depends; /* by name, not of ours */

	std::string release() const { return vermagic.substr(0, vermagic.find(' ')); }
};

/* where ours were looked for, and what was found */
struct ModuleSet {
	std::vector<std::string> searched;
	std::vector<ModuleFile> files; /* in the order of our_modules; those found */
	std::vector<Problem> problems; /* files that are no modules */

	const ModuleFile *find(std::string_view name) const;
	/* of the necessary ones */
	std::vector<std::string> missing() const;
};

class Kmod
{
public:
	/* @modules_dir: /lib/modules/<release>, where names are looked up */
	explicit Kmod(const std::string &modules_dir);
	/* what libkmod does goes to standard error from now on */
	void tell();

	/* nothing when the file is no module; @problem then says why */
	std::optional<ModuleFile> inspect(const std::string &path, Problem &problem) const;
	/* path of a module known by name below modules_dir, or empty */
	std::string lookup(const std::string &name) const;
	/* throw Error */
	void insert(const std::string &path, const std::string &parameters) const;
	void remove(const std::string &name) const;
	/* the same where refusals are expected: 0, or an errno */
	int try_insert(const std::string &path, const std::string &parameters) const;
	int try_remove(const std::string &name) const;
	/* a module that ours depends on, with what it needs itself */
	void probe(const std::string &name) const;

private:
	struct Unref {
		void operator()(kmod_ctx *ctx) const;
	};
	std::unique_ptr<kmod_ctx, Unref> ctx_;
};

/*
 * Ours in @directory (nested folders too), else in /lib/modules/<release>, else
 * in ../<release> next to the program; all of them from one of them.
 */
ModuleSet find_modules(const Root &root, const std::string &directory, const std::string &release,
		       const std::string &program_dir);

} // namespace cxla
