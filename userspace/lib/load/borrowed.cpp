// SPDX-License-Identifier: GPL-2.0-only
#include "load/borrowed.h"

#include "cxl/accel.h"
#include "sys/error.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

std::string boot_of(const Root &root)
{
	return root.text("/proc/sys/kernel/random/boot_id").value_or("");
}

std::string path_of_setting(const BorrowedSetting &setting)
{
	if (setting.name == borrowed_creation)
		return region_creation;
	return fmt::format("/sys/bus/pci/devices/{}/{}", setting.device, borrowed_reset_method);
}

State record_to_change(const Root &root)
{
	std::string boot_id = boot_of(root);
	auto state = read_state(root, boot_id);

	if (!state)
		throw Error(state.problem().text(),
			    fmt::format("remove {} when nothing of ours is loaded", state_path),
			    Exit::Refused);
	return state->value_or(State{boot_id, {}, {}, {}});
}

void save_or_drop(const Root &root, const State &state)
{
	if (state.has_taken() || !state.borrowed.empty())
		write_state(root, state);
	else
		drop_state(root);
}

void forget(const Root &root, const BorrowedSetting &setting)
{
	State state = record_to_change(root);

	std::erase(state.borrowed, setting);
	save_or_drop(root, state);
}

} // namespace

Borrowed::Borrowed(const Root &root, BorrowedSetting setting)
    : root_(root), setting_(std::move(setting))
{
	State state = record_to_change(root_);

	state.borrowed.push_back(setting_);
	write_state(root_, state);
	try {
		root_.write(path_of_setting(setting_), setting_.set);
	} catch (const Error &) {
		forget(root_, setting_);
		throw;
	}
	changed_ = true;
}

void Borrowed::give_back()
{
	if (!changed_)
		return;
	root_.write(path_of_setting(setting_), setting_.before);
	changed_ = false;
	forget(root_, setting_);
}

Borrowed::~Borrowed()
{
	try {
		give_back();
	} catch (const std::exception &) {
		/* it is on record, for the next command */
		changed_ = false;
	}
}

std::vector<std::string> put_back_borrowed(const Root &root)
{
	std::vector<std::string> told;
	auto read = read_state(root, boot_of(root));

	/* one that can't be read is told by who needs it */
	if (!read || !read->has_value() || (*read)->borrowed.empty())
		return told;

	State state = **read;

	std::erase_if(state.borrowed, [&](const BorrowedSetting &setting) {
		std::string path = path_of_setting(setting);

		/* gone with its module or device, or changed by somebody since */
		if (root.text(path).value_or(setting.before) != setting.set)
			return true;
		try {
			root.write(path, setting.before);
		} catch (const Error &error) {
			told.push_back(fmt::format("a command that was killed has left {} at {}: "
						   "{}",
						   path, setting.set, error.what()));
			return false;
		}
		told.push_back(fmt::format("{} is {} again: a command that was killed had left it "
					   "at {}",
					   path, setting.before, setting.set));
		return true;
	});
	save_or_drop(root, state);
	return told;
}

} // namespace cxla
