// SPDX-License-Identifier: GPL-2.0-only
/* One run of `cxla selftest`: its parts, one after the other, and what came of each. */
#pragma once

#include "command.h"
#include "selftest/parcel.h"
#include "selftest/plan.h"
#include "selftest/surroundings.h"
#include "stress/verdict.h"
#include "sys/kernel_log.h"
#include "sys/watched_thread.h"

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

namespace cxla
{

struct SelftestOptions {
	SelftestRequest request;
	std::string modules; /* folder */
	uint64_t seed = 0;
	/* seconds, after which what is asked of the kernel and has not come on is stuck */
	double patience = 150;
	bool redact = false, pattern = true;
};

class SelftestRun
{
public:
	/* @options, @parcel: outlive it. Looks at the machine; throws Error. */
	SelftestRun(const Root &root, const Context &context, const SelftestOptions &options,
		    const Machine &machine, Parcel &parcel);

	/* However a part ends, what was loaded is put back. */
	void run();

	const VerdictGroup &group() const { return group_; }
	bool failed() const { return group_.count(Verdict::Result::Failed) != 0; }
	/* somebody asked to stop, and not all was done */
	bool cut_short() const { return cut_short_; }
	/* a thread is left in the kernel: end the process without waiting for it */
	bool stuck() const;
	nlohmann::ordered_json result() const;

private:
	using Body = std::function<void()>;

	enum class Watch { ByUs, ByItself };

	void parts();
	void part(const char *name, const Body &body, Watch watch = Watch::ByUs);
	bool always(const char *name, const Body &body, Watch watch = Watch::ByUs);
	void do_it(Watch watch, const Body &body, Verdict &verdict);
	void skip(const char *name, const std::string &why);
	void end(Verdict verdict);
	void say(const std::string &line);
	bool given_up() const;
	void keep_kernel_log();
	void stop_if_interrupted() const;

	void capture(std::string_view name);
	void load();
	void attach();
	void pattern();
	void pattern_of(const std::string &bdf);
	void latency();
	void race();
	void put_back();
	void remove_what_came(StepRunner &runner);
	void as_it_was();
	void kernel_log();

	const Root &root_;
	const Context &context_;
	const SelftestOptions &options_;
	const std::vector<std::string> devices_;
	const std::string release_;
	Parcel &parcel_;
	const Surroundings before_;
	KernelLog log_;
	unsigned long log_kept_ = 0; /* lines of the log that are in the parcel */
	const uint64_t seed_;
	WatchedThread thread_;
	VerdictGroup group_;
	std::string blocked_; /* why what comes is not done; empty: it is */
	nlohmann::ordered_json race_;
	bool loaded_ = false, cut_short_ = false;

	/* of what follows, as a part that was stuck may come on after all, beside this thread */
	mutable std::mutex lock_;
	const std::thread::id thread_of_run_ = std::this_thread::get_id();
	bool stuck_ = false;
	std::string said_; /* lines below the verdict of this part */
	nlohmann::ordered_json latency_;
};

} // namespace cxla
