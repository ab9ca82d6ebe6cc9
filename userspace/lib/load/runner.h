// SPDX-License-Identifier: GPL-2.0-only
/* Carries steps out on the machine. */
#pragma once

#include "load/step.h"
#include "sys/fd.h"
#include "sys/modules.h"
#include "sys/root.h"

#include <chrono>

namespace cxla
{

class SystemRunner : public StepRunner
{
public:
	explicit SystemRunner(const Root &root, std::string release);

	void run(const Step &step) override;

	/* say on standard error what libkmod does */
	bool tell_libkmod = false;
	/* how long to wait for a module or a device to go */
	std::chrono::milliseconds patience{10000};

private:
	void bind(const Step &step, bool tolerant);
	void unbind(const Step &step);
	void probe(const Step &step);
	void probe_missed(const Step &step);
	void probe_module(const Step &step);
	void remove_foreign(const Step &step);
	void wait_unused(const Step &step);
	void wait_gone(const Step &step);
	template <class Condition>
	bool wait_for(Condition condition,
		      std::chrono::milliseconds pause = std::chrono::milliseconds(5));
	void refuse_online(const Step &step) const;
	void need_kernel(const Step &step) const;

	const Root &root_;
	std::string release_;
	std::optional<Kmod> kmod_;
};

/*
 * One command at a time that changes what others rely on: held while it lasts. Waits for
 * another one for @patience; throws Error.
 */
class StateLock
{
public:
	explicit StateLock(const Root &root, std::chrono::milliseconds patience = {});

private:
	Fd fd_;
};

} // namespace cxla
