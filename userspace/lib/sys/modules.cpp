// SPDX-License-Identifier: GPL-2.0-only
#include "sys/modules.h"

#include "sys/error.h"
#include "sys/output.h"
#include "sys/root.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <libkmod.h>
#include <syslog.h>

namespace cxla
{

namespace fs = std::filesystem;

namespace
{

struct ModuleUnref {
	void operator()(kmod_module *module) const { kmod_module_unref(module); }
};
using Module = std::unique_ptr<kmod_module, ModuleUnref>;

struct InfoFree {
	void operator()(kmod_list *list) const { kmod_module_info_free_list(list); }
};

void no_log(void *, int, const char *, int, const char *, const char *, va_list) {}

void print_log(void *, int, const char *, int, const char *, const char *format, va_list values)
{
	std::array<char, 1024> text = {};

	std::vsnprintf(text.data(), text.size(), format, values);
	print_error("libkmod: {}\n", trim(text.data()));
}

/* cxla_core of cxla_core.ko and cxla_core.ko.xz; empty for any other file */
std::string module_name(const fs::path &path)
{
	std::string name = path.filename();
	size_t dot = name.find('.');

	if (dot == name.npos)
		return {};

	std::string suffix = name.substr(dot);

	if (suffix != ".ko" && suffix != ".ko.xz" && suffix != ".ko.zst" && suffix != ".ko.gz")
		return {};
	name.resize(dot);
	std::replace(name.begin(), name.end(), '-', '_');
	return name;
}

Module module_from_path(kmod_ctx *ctx, const std::string &path, int &err)
{
	kmod_module *module = nullptr;

	err = kmod_module_new_from_path(ctx, path.c_str(), &module);
	return Module(err < 0 ? nullptr : module);
}

std::string insert_hint(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return "run as root; with Secure Boot or lockdown, sign the module first";
	case ENOENT:
		return "a symbol that the module needs is missing: dmesg names it";
	case ENOEXEC:
		return "the module was built for another kernel: `make kmod KDIR=...` for this one";
	case EKEYREJECTED:
	case ENOKEY:
		return "the kernel takes only signed modules: sign it with a key that is enrolled";
	case ENODEV:
		return "the platform has not what the module needs: dmesg says what";
	case EEXIST:
		return "a module of that name is loaded already: somebody else loads them, too";
	case EBUSY:
		return "an in-tree driver holds the hardware: dmesg names it";
	default:
		return "dmesg may say more";
	}
}

void find_below(const Kmod &kmod, const std::string &folder, ModuleSet &set)
{
	std::map<std::string, std::string> found;
	std::error_code error;
	fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied,
					      error);

	set.searched.push_back(folder);
	for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
		std::string name = module_name(walk->path());

		/* the first in the order of paths, so that it is the same one each time */
		if (is_our_module(name) && (!found.count(name) || walk->path() < found[name]))
			found[name] = walk->path();
	}
	set.files.clear();
	for (const char *name : our_modules) {
		Problem problem;

		if (!found.count(name))
			continue;
		if (auto file = kmod.inspect(found[name], problem))
			set.files.push_back(std::move(*file));
		else
			set.problems.push_back(std::move(problem));
	}
}

} // namespace

bool is_our_module(std::string_view name)
{
	return std::find(our_modules.begin(), our_modules.end(), name) != our_modules.end();
}

bool is_dax_module(std::string_view name)
{
	return std::find(our_modules.begin() + necessary_modules, our_modules.end(), name) !=
	       our_modules.end();
}

std::optional<int> module_references(const Root &root, const std::string &name)
{
	auto count = root.number("/sys/module/" + name + "/refcnt");

	if (!count && !root.exists("/sys/module/" + name))
		return std::nullopt;
	return static_cast<int>(count.value_or(0));
}

std::optional<LoadedModule> read_loaded_module(const Root &root, const std::string &name)
{
	std::string folder = "/sys/module/" + name;

	/* a built-in module with parameters has a folder as well, but no initstate */
	if (!root.exists(folder))
		return std::nullopt;

	LoadedModule module;

	module.state = root.text(folder + "/initstate").value_or("");
	module.refcount = module_references(root, name).value_or(0);
	module.holders = root.list(folder + "/holders").value_or({});
	module.version = root.text(folder + "/version").value_or("");
	return module;
}

bool module_drives_a_device(const Root &root, const std::string &name)
{
	const std::string folder = "/sys/module/" + name + "/drivers/";

	for (const auto &driver : root.list(folder).value_or({}))
		for (const auto &entry : root.list(folder + driver).value_or({}))
			if (entry != "module" &&
			    root.exists(fmt::format("{}{}/{}/uevent", folder, driver, entry)))
				return true;
	return false;
}

std::map<std::string, LoadedModule> read_loaded_modules(const Root &root)
{
	std::map<std::string, LoadedModule> modules;

	auto add = [&](const char *name) {
		if (auto module = read_loaded_module(root, name))
			modules.emplace(name, std::move(*module));
	};

	for (const char *name : our_modules)
		add(name);
	for (const char *name : kernel_modules)
		add(name);
	return modules;
}

const ModuleFile *ModuleSet::find(std::string_view name) const
{
	auto found = std::find_if(files.begin(), files.end(),
				  [&](const ModuleFile &file) { return file.name == name; });

	return found == files.end() ? nullptr : &*found;
}

std::vector<std::string> ModuleSet::missing() const
{
	std::vector<std::string> names;

	for (const char *name : our_modules)
		if (!is_dax_module(name) && !find(name))
			names.emplace_back(name);
	return names;
}

void Kmod::Unref::operator()(kmod_ctx *ctx) const
{
	kmod_unref(ctx);
}

Kmod::Kmod(const std::string &modules_dir)
{
	/* no modprobe configuration: what is named is what is loaded */
	static const char *const no_config[] = {nullptr};

	ctx_.reset(kmod_new(modules_dir.empty() ? nullptr : modules_dir.c_str(), no_config));
	if (!ctx_)
		throw Error("libkmod can't be set up", "is there any memory left?");
	kmod_set_log_fn(ctx_.get(), no_log, nullptr);
}

void Kmod::tell()
{
	kmod_set_log_fn(ctx_.get(), print_log, nullptr);
	kmod_set_log_priority(ctx_.get(), LOG_DEBUG);
}

std::optional<ModuleFile> Kmod::inspect(const std::string &path, Problem &problem) const
{
	int err = 0;
	Module module = module_from_path(ctx_.get(), path, err);
	kmod_list *raw = nullptr;

	if (module)
		err = kmod_module_get_info(module.get(), &raw);

	std::unique_ptr<kmod_list, InfoFree> info(raw);

	if (err < 0) {
		problem = {path, -err, fmt::format("no kernel module: {}", std::strerror(-err))};
		return std::nullopt;
	}

	ModuleFile file;
	kmod_list *item = nullptr;

	file.name = kmod_module_get_name(module.get());
	file.path = path;
	kmod_list_foreach(item, info.get())
	{
		std::string key = kmod_module_info_get_key(item);
		std::string value = kmod_module_info_get_value(item);

		if (key == "vermagic")
			file.vermagic = value;
		else if (key == "sig_id" || key == "signer")
			file.is_signed = true;
		else if (key == "depends")
			for (auto &name : split(value, ','))
				if (!is_our_module(name))
					file.depends.push_back(std::move(name));
	}
	return file;
}

std::string Kmod::lookup(const std::string &name) const
{
	/* the lookup of a name alone has other symbol versions in libkmod of other releases */
	kmod_list *found = nullptr;

	if (kmod_module_new_from_lookup(ctx_.get(), name.c_str(), &found) < 0 || !found)
		return {};

	Module module(kmod_module_get_module(found));

	kmod_module_unref_list(found);

	const char *path = kmod_module_get_path(module.get());

	return path ? path : "";
}

int Kmod::try_insert(const std::string &path, const std::string &parameters) const
{
	int err = 0;
	Module module = module_from_path(ctx_.get(), path, err);

	if (module)
		err = kmod_module_insert_module(module.get(), 0, parameters.c_str());
	return -err;
}

int Kmod::try_remove(const std::string &name) const
{
	kmod_module *raw = nullptr;
	int err = kmod_module_new_from_name(ctx_.get(), name.c_str(), &raw);
	Module module(err < 0 ? nullptr : raw);

	if (module)
		err = kmod_module_remove_module(module.get(), KMOD_REMOVE_NOLOG);
	return -err;
}

void Kmod::insert(const std::string &path, const std::string &parameters) const
{
	if (int err = try_insert(path, parameters))
		throw Error(fmt::format("loading {}: {}", path, std::strerror(err)),
			    insert_hint(err));
}

void Kmod::remove(const std::string &name) const
{
	int err = try_remove(name);

	if (err && err != ENOENT)
		throw Error(fmt::format("unloading {}: {}", name, std::strerror(err)),
			    err == EWOULDBLOCK || err == EBUSY
				    ? fmt::format("somebody uses it: /sys/module/{}/holders", name)
				    : "dmesg may say more");
}

void Kmod::probe(const std::string &name) const
{
	kmod_module *raw = nullptr;
	int err = kmod_module_new_from_name(ctx_.get(), name.c_str(), &raw);
	Module module(err < 0 ? nullptr : raw);

	if (module)
		err = kmod_module_probe_insert_module(module.get(), 0, nullptr, nullptr, nullptr,
						      nullptr);
	if (err < 0)
		throw Error(
			fmt::format("loading {}, which ours need: {}", name, std::strerror(-err)),
			"load it with modprobe first");
}

ModuleSet find_modules(const Root &root, const std::string &directory, const std::string &release,
		       const std::string &program_dir)
{
	std::string system = root.host("/lib/modules/" + release);
	Kmod kmod(system);
	ModuleSet set;

	if (!directory.empty()) {
		find_below(kmod, directory, set);
		return set;
	}
	/* modules.dep where depmod has seen them, the folders where it has not */
	set.searched.push_back(system);
	for (const char *name : our_modules) {
		std::string path = kmod.lookup(name);
		Problem problem;

		if (path.empty())
			continue;
		if (auto file = kmod.inspect(path, problem))
			set.files.push_back(std::move(*file));
		else
			set.problems.push_back(std::move(problem));
	}
	for (const std::string &folder :
	     {system + "/updates", system + "/extra", program_dir + "/../" + release}) {
		if (set.missing().empty())
			break;
		if (fs::is_directory(folder))
			find_below(kmod, fs::weakly_canonical(folder), set);
		else
			set.searched.push_back(folder);
	}
	return set;
}

} // namespace cxla
