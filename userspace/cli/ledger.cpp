// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"
#include "report/status.h"
#include "sys/output.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

/* why the modules are there and their ledger is not */
[[noreturn]] void no_ledger(const Machine &machine)
{
	const Problem &problem = machine.ledger.problem();

	if (problem.err == EACCES || problem.err == EPERM)
		throw Error(problem.text(), "run as root: debugfs is for root only", Exit::Refused);
	if (machine.ledger.absent())
		throw Error(fmt::format("{}: there is no such file", ledger_path),
			    machine.privileged
				    ? "is debugfs mounted? mount -t debugfs none /sys/kernel/debug"
				    : "run as root: debugfs is for root only",
			    Exit::Refused);
	throw Error(problem.text(), "the kernel log (dmesg) may say more");
}

Exit ledger(const Root &root, const Context &context)
{
	Machine machine = read_machine(root);

	if (machine.ours_loaded() && !machine.ledger)
		no_ledger(machine);
	context.reply->result = ledger_json(machine);
	if (!context.json)
		print_out("{}", ledger_text(machine));
	/* a ledger that is shown in part is told of, and fails whoever relies on it */
	return machine.ledger && !machine.ledger->problems.empty() ? Exit::Failed : Exit::Ok;
}

} // namespace

void add_ledger(CLI::App &app, Context &context)
{
	auto from = std::make_shared<std::string>();
	auto *command = add_command(
		app, context, "ledger", "Show who owns each range, since when, and why",
		[&context, from](const Root &root) {
			return answer_from(root, context, *from, [&](const Root &captured) {
				return ledger(captured, context);
			});
		});

	add_from(*command, *from);
}

} // namespace cxla
