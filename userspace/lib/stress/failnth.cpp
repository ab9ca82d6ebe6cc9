// SPDX-License-Identifier: GPL-2.0-only
#include "stress/failnth.h"

#include "stress/action.h"
#include "stress/fault.h"
#include "stress/rest.h"
#include "stress/search.h"
#include "sys/error.h"
#include "sys/named.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/* more than any operation asks for */
constexpr unsigned never = 1000000000;
constexpr const char *leak_file = "/sys/kernel/debug/kmemleak";

struct Acted {
	int err = 0;
	unsigned left = never;
};

/*
 * 6.12 and 7.3: a dax device that can't be made is freed (err_range of
 * __devm_create_dev_dax), and the name that it had already is not.
 */
bool is_in_tree_loss(const std::string &object)
{
	return object.find("dev_set_name+") != object.npos &&
	       object.find("__devm_create_dev_dax+") != object.npos;
}

/* asked for by a module, or by code of one that is gone since: that has no name any more */
bool is_of_modules(const std::string &object)
{
	if (object.find("[cxla") != object.npos)
		return true;

	auto lines = split(object, '\n');

	return std::any_of(lines.begin(), lines.end(), [](const std::string &line) {
		return trim(line).starts_with("0xffffffff");
	});
}

/* throws Error */
std::optional<TextRange> text_of_worker(const TestBed &bed, const MachineOperation &operation)
{
	if (!operation.worker)
		return std::nullopt;

	auto text = text_of(bed.root, operation.worker, operation.worker_module);

	if (!text)
		throw Error(fmt::format("/proc/kallsyms: it has no {} of {}, where allocations are "
					"to fail",
					operation.worker, operation.worker_module));
	return text;
}

/* @text: all that counts; nothing: everything does */
Acted act_with(const TestBed &bed, const MachineOperation &operation, const FaultSettings &settings,
	       const std::optional<TextRange> &text, unsigned nth)
{
	Acted acted;
	auto act = [&](FaultSpan &&fault) {
		acted.err = operation.act(bed, fault);
		acted.left = fault.left();
	};

	if (text)
		settings.require(text);
	if (operation.worker)
		act(WorkerFault(bed.root, nth, [&] { settle(bed); }));
	else
		act(TaskFault(bed.root, nth));
	if (text)
		settings.require(std::nullopt);
	return acted;
}

class Sweep : public Search
{
public:
	Sweep(const TestBed &bed, const FailnthRequest &request)
	    : Search(bed, request.patience), request_(request), settings_(bed.root),
	      leaks_(request.leaks != FailnthRequest::Leaks::No && bed.root.exists(leak_file))
	{
		log_.expect_failed_allocations();
	}

	/* throws Found; before anything else */
	void begin()
	{
		watched("bringing it to rest", [this] {
			bring_to(bed_, Start::Everything);
			rest_ = take_snapshot(bed_.root);
			/* what was lost before is not ours */
			if (leaks_)
				bed_.root.write(leak_file, "clear");
		});
	}

	bool leaks_looked_for() const { return leaks_; }
	/* with where the sweep is */
	FailnthFinding finding(const Found &found) const
	{
		return {operation_ ? operation_->name : "",
			nth_,
			first_,
			found.what,
			{},
			found.kernel_log};
	}
	/* throws Found */
	void end()
	{
		operation_ = nullptr;
		nth_ = first_ = 0;
		if (request_.leaks == FailnthRequest::Leaks::AtEnd)
			look_for_leaks();
	}
	/* throws Found; false: somebody wants to stop */
	bool operation(const MachineOperation &operation, OperationReport &report,
		       const std::function<bool(const OperationReport &, unsigned)> &tell)
	{
		auto begun = SteadyClock::now();
		bool going_on = true;

		operation_ = &operation;
		nth_ = first_ = 0;
		batch_.clear();
		report.operation = &operation;
		mark_kernel_log(bed_.root, fmt::format("cxla failnth: {}", operation.name));
		undisturbed(report);
		for (unsigned nth = request_.offset; going_on; nth += request_.stride) {
			if ((request_.last && nth > request_.last) || !step(nth, report))
				break;
			report.seconds = seconds_since(begun);
			going_on = tell(report, nth);
		}
		unless_found_alone([this] { end_batch(); });
		nth_ = 0;
		bring(Start::Everything);
		expect(rest_, "at rest it is not as it was in the beginning");
		if (request_.leaks == FailnthRequest::Leaks::EachOperation)
			look_for_leaks();
		report.seconds = seconds_since(begun);
		return going_on;
	}

private:
	static double seconds_since(SteadyClock::time_point begun)
	{
		return std::chrono::duration<double>(SteadyClock::now() - begun).count();
	}

	void bring(Start start)
	{
		watched("bringing it to where it starts from",
			[this, start] { bring_to(bed_, start); });
		listen();
	}

	Acted act(unsigned nth)
	{
		auto acted = asked<Acted>(operation_->name, [this, nth] {
			Acted acted = act_with(bed_, *operation_, settings_, worker_text(), nth);

			settle(bed_);
			return acted;
		});

		listen();
		return acted;
	}

	/* all symbols of the kernel are read once for as long as the module stays where it is */
	std::optional<TextRange> worker_text()
	{
		if (!operation_->worker)
			return std::nullopt;

		std::string where = bed_.root
					    .text(fmt::format("/sys/module/{}/sections/.text",
							      operation_->worker_module))
					    .value_or("");
		std::string key = fmt::format("{} {}", operation_->worker, where);

		if (where.empty() || key != worker_key_)
			worker_text_ = text_of_worker(bed_, *operation_);
		worker_key_ = key;
		return worker_text_;
	}

	/* what it comes to when nothing fails, and how many allocations it takes */
	void undisturbed(OperationReport &report)
	{
		bring(Start::Everything);
		bring(operation_->start);
		before_ = snapshot();

		Acted acted = act(never);

		normal_ = acted.err;
		after_ = snapshot();
		report.points = never - acted.left;
		bring(operation_->start);
		expect(before_, "undisturbed, and brought back, it is not as it was before");
	}

	/* false: there are not so many */
	bool step(unsigned nth, OperationReport &report)
	{
		bool more = true;

		nth_ = nth;
		unless_found_alone([&] {
			more = point(report);
			if (!more)
				batch_.clear();
			else if (batch_.size() >= request_.batch)
				end_batch();
		});
		return more;
	}

	/* what is found after several allocations is found again after one of them */
	void unless_found_alone(const std::function<void()> &task)
	{
		try {
			task();
		} catch (const Found &found) {
			if (found.stuck || !found.kernel_log.empty() || batch_.empty())
				throw;
			if (batch_.size() > 1)
				name(found);
			/* it may show when there is none after it */
			nth_ = batch_.front();
			throw;
		}
	}

	/* throws Found, with the allocation that leads to it, or with all of them */
	[[noreturn]] void name(const Found &found)
	{
		auto suspects = std::exchange(batch_, {});
		OperationReport told_before;

		nth_ = suspects.back();
		first_ = suspects.front();
		bring(Start::Everything);
		bring(operation_->start);
		/* what can't be undone would be blamed on the first */
		if (!is_as_undisturbed())
			throw found;
		first_ = 0;
		for (unsigned nth : suspects) {
			nth_ = nth;
			point(told_before);
			end_batch();
		}
		nth_ = suspects.back();
		first_ = suspects.front();
		throw found;
	}

	bool is_as_undisturbed()
	{
		SnapshotChange change;

		if (!becomes(before_, change) || act(never).err != normal_ ||
		    !becomes(after_, change))
			return false;
		bring(operation_->start);
		return becomes(before_, change);
	}

	/* what failed for want of memory succeeds when there is memory, and can be undone */
	void end_batch()
	{
		if (batch_.empty())
			return;
		again();
		bring(operation_->start);
		expect(before_, "brought back it is not as it was before");
		batch_.clear();
	}

	/* false: there are not so many */
	bool point(OperationReport &report)
	{
		Acted acted = act(nth_);
		SnapshotChange change;
		std::string result = errno_name(acted.err);
		bool all = acted.err == normal_;

		if (acted.left) {
			if (!all)
				found(fmt::format("it ended with {} and no allocation failed",
						  result));
			expect(after_, "no allocation failed, and it is not as it was");
			bring(operation_->start);
			expect(before_, "brought back it is not as it was before");
			return false;
		}
		report.failed++;
		batch_.push_back(nth_);
		if (all && becomes(after_, change, operation_->in_part ? few_looks : all_looks)) {
			report.results[result]++;
			bring(operation_->start);
		} else if (all && operation_->in_part) {
			report.results[result + ", in part"]++;
			bring(operation_->start);
		} else if (all) {
			found(fmt::format("an allocation failed, it ended with {}, and not all is "
					  "done:{}",
					  result, in_words(change)));
		} else if (acted.err == ENOMEM || acted.err == EFAULT ||
			   (acted.err && acted.err == operation_->instead)) {
			report.results[result]++;
			expect(before_,
			       fmt::format("it failed with {} and left something", result));
		} else {
			found(fmt::format("an allocation failed, and it ended with {}", result));
		}
		return true;
	}

	void again()
	{
		expect(before_, "brought back it is not as it was before");

		Acted acted = act(never);

		if (acted.err != normal_)
			found(fmt::format("repeated with nothing failing it ended with {}",
					  errno_name(acted.err)));
		expect(after_, "repeated with nothing failing, not all is done");
	}

	/* what it says of objects that our code has asked for */
	void look_for_leaks()
	{
		if (!leaks_)
			return;

		/* an object is lost when two scans do not find it, the second a while later */
		auto text = asked<std::string>("looking for leaks", [this] {
			bed_.root.write(leak_file, "scan");
			std::this_thread::sleep_for(request_.leak_pause);
			bed_.root.write(leak_file, "scan");

			std::string said = bed_.root.read(leak_file, 16 << 20).value_or("");

			bed_.root.write(leak_file, "clear");
			return said;
		});

		for (size_t at = text.find("unreferenced object"); at != text.npos;) {
			size_t next = text.find("unreferenced object", at + 1);
			std::string object = text.substr(at, next - at);

			if (is_of_modules(object) && !is_in_tree_loss(object))
				found("memory was lost:\n" + object);
			at = next;
		}
		/* it says how many there are, and not whose */
		log_.forget();
	}

	const FailnthRequest request_;
	FaultSettings settings_;
	bool leaks_;

	const MachineOperation *operation_ = nullptr;
	unsigned nth_ = 0, first_ = 0;
	std::vector<unsigned> batch_; /* those that failed since it was last done again */
	std::string worker_key_;
	std::optional<TextRange> worker_text_;
	int normal_ = 0;
	Snapshot before_, after_;
};

/* an allocation that fails once more, and the kernel says where */
struct Repetition {
	TestBed bed;
	const MachineOperation *operation;
	unsigned nth;

	void repeat(const FaultSettings &settings) const
	{
		bring_to(bed, Start::Everything);
		bring_to(bed, operation->start);
		settings.tell(true);
		act_with(bed, *operation, settings, text_of_worker(bed, *operation), nth);
		settings.tell(false);
	}
};

/* the same once more, for the stack of the allocation that fails */
std::vector<std::string> stack_of(const Repetition &repetition)
{
	static constexpr const char *sign = "FAULT_INJECTION: forcing a failure";
	std::vector<std::string> stack;
	KernelLog log(repetition.bed.root);
	WatchedThread thread;
	bool ended = false;

	/* a thread that is stuck keeps what it refers to */
	try {
		ended = thread.run([repetition,
				    settings = std::make_shared<FaultSettings>(
					    repetition.bed.root)] { repetition.repeat(*settings); },
				   20s);
	} catch (const std::exception &error) {
		/* what was found stays found */
		return {fmt::format("(it could not be repeated: {})", error.what())};
	}

	log.look();
	for (const auto &line : log.recent()) {
		if (stack.empty() && line.find(sign) == line.npos)
			continue;
		stack.push_back(line);
		if (line.find("</TASK>") != line.npos)
			break;
	}
	if (!ended)
		stack.emplace_back("(repeated it did not end)");
	return stack;
}

} // namespace

std::vector<Refusal> failnth_refusals(const Root &root, const Machine &machine, const TestBed &bed,
				      bool agreed)
{
	std::vector<Refusal> refusals;

	if (!machine.privileged)
		return {{"not-privileged", "only root may make allocations fail", "run as root"}};
	if (std::string missing = missing_for_faults(root); !missing.empty())
		refusals.push_back({"no-fault-injection", missing,
				    "a kernel with CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC "
				    "and CONFIG_FAULT_INJECTION_DEBUG_FS is needed"});
	refuse_incomplete(refusals, bed);
	refuse_in_use(refusals, root, machine);
	refuse_real_machine(refusals, root, agreed, "--list shows what would be done");
	return refusals;
}

std::vector<const MachineOperation *> choose_operations(const std::vector<std::string> &names)
{
	static constexpr const char *hint = "`cxla failnth --list` lists them";
	auto chosen = choose(operations(), &MachineOperation::name, names, "operation", hint);

	if (names.empty())
		std::erase_if(chosen, [](const auto *one) { return one->spared; });
	for (const auto *one : chosen)
		if (one->spared)
			throw Error(fmt::format("{}: no allocation of it is made to fail: {}",
						one->name, one->spared),
				    hint, Exit::Usage);
	return chosen;
}

FailnthReport run_failnth(const TestBed &bed, const FailnthRequest &request,
			  const std::function<bool(const OperationReport &, unsigned nth)> &tell,
			  const std::function<void(const FailnthFinding &)> &tell_finding)
{
	FailnthReport report;
	auto begun = SteadyClock::now();
	/* a thread that is stuck refers to it for ever */
	auto *sweep = new std::unique_ptr<Sweep>(); // NOLINT(cppcoreguidelines-owning-memory)

	/* false: it is better not to go on */
	auto unless_found = [&](const std::function<void()> &step) {
		try {
			step();
			return true;
		} catch (const std::exception &error) {
			report.findings.push_back({"", 0, 0, error.what(), {}, {}});
			return false;
		} catch (const Search::Found &found) {
			report.findings.push_back(
				*sweep ? (*sweep)->finding(found)
				       : FailnthFinding{
						 "", 0, 0, found.what, {}, found.kernel_log});
			if (tell_finding)
				tell_finding(report.findings.back());
			report.stuck = found.stuck;
			return !found.stuck && found.kernel_log.empty() && *sweep;
		}
	};
	bool going_on = unless_found([&] {
		*sweep = std::make_unique<Sweep>(bed, request);
		(*sweep)->begin();
		report.leaks_looked_for = (*sweep)->leaks_looked_for();
	});

	for (const MachineOperation *operation : request.operations) {
		size_t before = report.findings.size();

		if (!going_on)
			break;
		report.operations.emplace_back();
		going_on = unless_found([&] {
				   report.interrupted = !(*sweep)->operation(
					   *operation, report.operations.back(), tell);
			   }) &&
			   !report.interrupted;
		if (report.findings.size() > before && report.findings.back().nth && !report.stuck)
			report.findings.back().stack =
				stack_of({bed, operation, report.findings.back().nth});
	}
	if (going_on)
		unless_found([&] { (*sweep)->end(); });
	if (!report.stuck)
		delete sweep; // NOLINT(cppcoreguidelines-owning-memory)
	report.seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
	return report;
}

} // namespace cxla
