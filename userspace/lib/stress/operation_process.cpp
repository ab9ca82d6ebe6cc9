// SPDX-License-Identifier: GPL-2.0-only
#include "stress/operation_process.h"

#include "sys/error.h"
#include "sys/output.h"
#include "sys/spawn.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <unistd.h>

namespace cxla
{

namespace
{

std::string text_of(const TestBed &bed)
{
	nlohmann::ordered_json devices = nlohmann::ordered_json::array();

	for (const auto &device : bed.devices)
		devices.push_back({device.bdf, device.driver, device.on_loss, device.outcome});
	return nlohmann::ordered_json{{"root", bed.root.host("")}, {"devices", devices},
				      {"roots", bed.roots},        {"modules", bed.modules},
				      {"accel", bed.accel},        {"bridge", bed.bridge},
				      {"expander", bed.expander},  {"hmem", bed.hmem},
				      {"idle", bed.idle},          {"bare", bed.bare}}
		.dump();
}

TestBed bed_of(const std::string &text)
{
	auto in = nlohmann::ordered_json::parse(text);
	TestBed bed;

	bed.root = Root(in.at("root").get<std::string>());
	for (const auto &device : in.at("devices"))
		bed.devices.push_back({device.at(0), device.at(1), device.at(2), device.at(3)});
	bed.roots = in.at("roots").get<std::vector<std::string>>();
	bed.modules = in.at("modules").get<std::map<std::string, std::string>>();
	bed.accel = in.at("accel");
	bed.bridge = in.at("bridge");
	bed.expander = in.at("expander");
	bed.hmem = in.at("hmem");
	bed.idle = in.at("idle");
	bed.bare = in.at("bare");
	return bed;
}

} // namespace

pid_t spawn_operation(const TestBed &bed, const MachineOperation &operation, Fd &answer)
{
	std::string text = text_of(bed), name = operation.name, program = "cxla",
		    command = perform_command;
	std::array<char *, 5> arguments = {program.data(), command.data(), name.data(), text.data(),
					   nullptr};
	pid_t pid = 0;
	int err = spawn_this_program(pid, arguments.data(), answer);

	if (err)
		throw Error(fmt::format("starting a process for {}: {}", operation.name,
					std::strerror(err)));
	return pid;
}

bool read_answer(const Fd &answer, OperationOutcome &outcome)
{
	std::array<char, 64> text = {};
	int opened = 0;

	if (::read(answer.get(), text.data(), text.size() - 1) <= 0 ||
	    std::sscanf(text.data(), "%d %d", &opened, &outcome.err) != 2)
		return false;
	outcome.opened = opened;
	return true;
}

void end_with_parent()
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1)
		_exit(0);
}

void perform_operation(const std::string &name, const std::string &bed)
{
	const MachineOperation *operation = find_operation(name);
	SeenSpan span;

	end_with_parent();
	if (!operation)
		throw Error(fmt::format("there is no operation '{}'", name), {}, Exit::Usage);

	int err = operation->act(bed_of(bed), span);

	print_out("{:d} {}\n", span.opened(), err);
}

} // namespace cxla
