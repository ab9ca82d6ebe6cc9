// SPDX-License-Identifier: GPL-2.0-only
#include "stress/race_rest.h"

#include "cxl/accel.h"
#include "cxl/topology.h"
#include "cxl/upstream.h"
#include "sys/error.h"
#include "sys/spawn.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

namespace cxla
{

namespace
{

/* nobody uses through its driver what is not decoded */
std::string wrong_of_region(const Root &root, const Stack &stack, const std::string &name)
{
	const std::string folder = stack.device_folder(name);

	if (root.text(folder + "/commit").value_or("1") == "0" &&
	    !bound_driver(root, folder).value_or("").empty())
		return name + " is not committed, and has its driver";
	return {};
}

/* the range of a driver is a region's, committed and out of reach of userspace */
std::string wrong_of_accel(const Root &root, const RaceAccel &accel)
{
	const std::string folder = "/sys/bus/pci/devices/" + accel.bdf + "/cxla/";
	auto range = parse_range(root.text(folder + "range").value_or(""));

	if (root.text(folder + "state").value_or("") != "attached" || !range)
		return {};

	Topology ours = read_topology(root, "cxla");
	const Node *region = ours.region_of(*range);

	if (!region)
		return fmt::format("{} is attached to {}, and no region has it", accel.bdf,
				   range->text());
	if (!region->locked().value_or(false) || region->shown("commit") != "1")
		return fmt::format("{} is attached to {}, whose locked is {} and commit is {}",
				   accel.bdf, region->name, region->shown("locked"),
				   region->shown("commit"));
	return {};
}

/* the exit status, or 128 and more for a signal; throws Error */
int run_shell(const std::string &line)
{
	std::string shell = "sh", option = "-c", text = line;
	std::array<char *, 4> arguments = {shell.data(), option.data(), text.data(), nullptr};
	posix_spawn_file_actions_t actions;
	int status = 0;
	pid_t pid = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);

	int err = spawn_apart(pid, "/bin/sh", actions, arguments.data());

	posix_spawn_file_actions_destroy(&actions);
	if (err)
		throw Error(fmt::format("{}: {}", line, std::strerror(err)));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			throw Error(fmt::format("{}: {}", line, std::strerror(errno)));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Recommit recommit_by(std::string command)
{
	return [command = std::move(command)](const std::vector<std::string> &bdfs) {
		std::string line = fmt::format("{} {}", command, fmt::join(bdfs, " "));

		if (int status = run_shell(line))
			throw Error(fmt::format("`{}` ended with {}", line, status),
				    "until the platform starts anew these decoders are lost");
	};
}

std::string wrong_at_standstill(const Root &root, const Targets &targets)
{
	std::string wrong;

	/* drivers that lost their range are told a moment later */
	flush(root, targets.stack);
	for (const auto &name : root.list(targets.stack.devices_folder()).value_or({}))
		if (wrong.empty() && name.starts_with("region"))
			wrong = wrong_of_region(root, targets.stack, name);
	for (const auto &accel : targets.accelerators)
		if (wrong.empty())
			wrong = wrong_of_accel(root, accel);
	return wrong;
}

RaceRest::RaceRest(const Root &root, Targets targets, Recommit recommit)
    : root_(root), targets_(std::move(targets)), recommit_(std::move(recommit)),
      before_(take_snapshot(root, targets_.stack))
{
}

/* nobody has registers of a CXL component mapped, or knows what was in them */
void RaceRest::unbind_all() const
{
	const Stack &stack = targets_.stack;

	/* unbound already, more often than not: nothing but the end counts */
	for (const auto &accel : targets_.accelerators)
		root_.try_write(stack.driver_file(Driver::Accel, "unbind"), accel.bdf);
	for (const auto &expander : targets_.expanders)
		root_.try_write(stack.driver_file(Driver::Expander, "unbind"), expander.bdf);
	for (const auto &device : targets_.roots)
		root_.try_write(stack.driver_file(Driver::Root, "unbind"), device);
}

/* with everything bound they have fewer committed decoders than before */
std::vector<std::string> RaceRest::lost() const
{
	Topology ours = read_topology(root_, targets_.stack.bus());
	std::vector<std::string> bdfs;

	for (const auto &expander : targets_.expanders) {
		const Node *memdev = ours.memdev_of(expander.bdf);
		const Node *endpoint = memdev ? ours.endpoint_of(*memdev) : nullptr;

		if (endpoint &&
		    endpoint->number("decoders_committed").value_or(0) < expander.committed)
			bdfs.push_back(expander.bdf);
	}
	return bdfs;
}

SnapshotChange RaceRest::come_to()
{
	/* most of the time all is there, once what was unbound is bound */
	if (change_as_it_is(root_, targets_, before_).empty() && (!recommit_ || lost().empty()))
		return {};
	if (recommit_) {
		bring_to_rest(root_, targets_, true);
		if (auto bdfs = lost(); !bdfs.empty()) {
			unbind_all();
			recommit_(bdfs);
			recommitted_++;
		}
	}
	return change_at_rest(root_, targets_, before_);
}

} // namespace cxla
