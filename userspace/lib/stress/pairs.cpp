// SPDX-License-Identifier: GPL-2.0-only
#include "stress/pairs.h"

#include "cxl/object_names.h"
#include "stress/action.h"
#include "stress/executor.h"
#include "stress/race.h"
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

/* nobody stays held for longer than twenty seconds: the second has this long */
constexpr auto longest_meeting = 5s;

std::string name_of(const Trigger *trigger)
{
	return trigger ? trigger->name() : "";
}

class PairsRun : public Search
{
public:
	PairsRun(const TestBed &bed, const PairsRequest &request, const Pauses &pauses,
		 PairsReport &report)
	    : Search(bed, request.patience), request_(request), report_(report),
	      targets_(find_targets(read_machine(bed.root), bed.root)), before_(bed.devices),
	      pauses_(pauses), sample_(request.stride, request.offset)
	{
		for (auto &device : bed_.devices)
			if (!device.on_loss.empty() && !request.on_loss.empty())
				device.on_loss = request.on_loss;
		for (auto &accel : targets_.accelerators)
			if (!request.on_loss.empty())
				accel.on_loss = request.on_loss;
	}

	/* throws Found; false: somebody wants to stop */
	bool all(const std::function<bool(const PairsReport &, const PairCase &)> &tell)
	{
		tell_ = &tell;
		pauses_.reset();
		watched("bringing it to rest", [this] {
			bring_to(bed_, Start::Everything);
			set_on_loss();
			rest_ = take_snapshot(bed_.root);
		});
		for (const Trigger *first : request_.first) {
			if (has(PairMode::Killed) && sample_.take() && !group(first, nullptr))
				return false;
			for (const Trigger *second : request_.second)
				if (sample_.take() && !group(first, second))
					return false;
		}
		return true;
	}

	/* the case under way */
	const PairCase &now() const { return now_; }
	/* what --on-loss has changed */
	void give_on_loss_back()
	{
		for (const auto &device : before_)
			if (!device.on_loss.empty() && !request_.on_loss.empty())
				bed_.root.try_write(pci_device(device.bdf) + "/cxla/on_loss",
						    device.on_loss);
	}

private:
	bool has(PairMode mode) const
	{
		return std::find(request_.modes.begin(), request_.modes.end(), mode) !=
		       request_.modes.end();
	}

	/* all that two do to each other; objects are counted when it is over */
	bool group(const Trigger *first, const Trigger *second)
	{
		bool going_on = true;

		for (PairMode mode : request_.modes) {
			std::vector<std::string> points = {""};

			/* none comes meanwhile: a writer that is killed needs nobody */
			if (mode != PairMode::Killed && !second)
				continue;
			if (mode == PairMode::Killed && second && !request_.killed_pairs)
				continue;
			if (mode != PairMode::Sequential)
				points = points_of(*first, start_of(*first, second));
			for (const auto &point : points)
				if (request_.point.empty() || mode == PairMode::Sequential ||
				    point == request_.point)
					going_on = going_on && one({first, second, mode, point});
		}
		now_.point.clear();
		expect_rest();
		return going_on;
	}

	bool one(const PairCase &now)
	{
		now_ = now;
		start_ = start_of(*now.first, now.second);
		may_forget_ = now.first->forgets || (now.second && now.second->forgets) ||
			      start_.first == Start::Uncommitted;
		/* loud, so that the console of a machine that did not survive has it */
		mark_kernel_log(
			bed_.root,
			fmt::format("cxla pairs: {}: {}", pair_mode_name(now.mode), now.words()),
			4);
		start();

		PairCell cell = now.mode == PairMode::Sequential ? sequential() : overlapped();

		listen();
		look_at_standstill();
		rest();
		cell.cases = 1;
		report_.cases++;
		report_.cells[{name_of(now.first), name_of(now.second)}][now.mode].add(cell);
		return (*tell_)(report_, now);
	}

	void set_on_loss()
	{
		if (request_.on_loss.empty())
			return;
		/* refused where it is not bound in this state */
		for (const auto &accel : targets_.accelerators)
			bed_.root.try_write("/sys/bus/pci/devices/" + accel.bdf + "/cxla/on_loss",
					    accel.on_loss);
	}

	void start()
	{
		watched("bringing it to where it starts from", [&] {
			set_on_loss();
			if (start_.first != Start::Everything)
				bring_to(bed_, start_.first);
			if (start_.then)
				bring_to(bed_, *start_.then);
		});
		listen();
	}

	/* what the range of a driver is, and the region's it is */
	void look_at_standstill()
	{
		auto wrong = asked<std::string>("coming to rest", [this] {
			settle(bed_);
			return wrong_at_standstill(bed_.root, targets_);
		});

		if (!wrong.empty())
			found("afterwards " + wrong);
	}

	void expect_rest() { expect(rest_, "at rest it is not as it was in the beginning"); }

	void rest()
	{
		auto lost = asked<std::string>("bringing it to rest", [this] {
			bring_to(bed_, Start::Everything);
			return missing_at_rest(bed_);
		});

		listen();
		if (lost.empty())
			return;
		if (may_forget_ && request_.recommit)
			recommit();
		expect_rest();
		if (lost = missing_at_rest(bed_); !lost.empty())
			found("at rest it is not as it was in the beginning: " + lost);
	}

	/* with nothing bound, and then everything */
	void recommit()
	{
		std::vector<std::string> bdfs;

		bdfs.reserve(bed_.devices.size());
		for (const auto &device : bed_.devices)
			bdfs.push_back(device.bdf);
		watched("having decoders committed again", [this, bdfs] {
			bring_to(bed_, Start::Core);
			request_.recommit(bdfs);
			bring_to(bed_, Start::Everything);
		});
		report_.recommits++;
		listen();
	}

	void judge(const Trigger &trigger, const OperationOutcome &outcome)
	{
		std::string name = errno_name(outcome.err);

		report_.results[trigger.name()][name]++;
		if (!is_allowed(trigger, outcome.opened, outcome.err))
			found(fmt::format("{} ended with {}", trigger.name(), name));
	}

	/* until both have ended, or patience has */
	void wait_for(Executor &executor, const Trigger &trigger)
	{
		try {
			executor.wait(request_.patience);
		} catch (const Stuck &) {
			std::string what = fmt::format("{} does not end:", trigger.name());

			for (const Executor *stuck : {&first_, &second_})
				what += stuck->where();
			found(what, true);
		}
	}

	PairCell sequential()
	{
		PairCell cell;

		first_.begin(bed_, *now_.first->operation, true);
		wait_for(first_, *now_.first);
		if (first_.outcome().err != now_.first->alone)
			found(fmt::format("undisturbed {} ended with {}", now_.first->name(),
					  errno_name(first_.outcome().err)));
		judge(*now_.first, first_.outcome());
		second_.begin(bed_, *now_.second->operation, true);
		wait_for(second_, *now_.second);
		judge(*now_.second, second_.outcome());
		if (!second_.outcome().opened)
			cell.nothing++;
		return cell;
	}

	/* false: it ended, and nobody was held there */
	bool wait_until_held(PausePoint &point)
	{
		auto until = SteadyClock::now() + std::chrono::duration<double>(request_.patience);

		for (;;) {
			bool ended = first_.ended();

			point = pauses_.find(now_.point);
			if (point.held())
				return true;
			if (ended)
				return false;
			if (SteadyClock::now() > until)
				found(fmt::format("{} neither ends nor comes to {}:{}",
						  now_.first->name(), now_.point, first_.where()),
				      true);
			std::this_thread::sleep_for(2ms);
		}
	}

	/* is there a region with the accelerator's range */
	bool has_region()
	{
		return asked<bool>("looking for the region", [this] {
			const Root &root = bed_.root;
			bool found = false;

			for (const auto &accel : targets_.accelerators)
				for (const auto &name :
				     root.list("/sys/bus/cxla/devices").value_or({}))
					found |= accel.bdf == bed_.accel && accel.range &&
						 name.starts_with("region") &&
						 root.number("/sys/bus/cxla/devices/" + name +
							     "/resource")
								 .value_or(0) == accel.range->start;
			return found;
		});
	}

	/*
	 * The second, while the first is held. As long as the range is being revoked its
	 * region is there, whoever else takes it away. Of a made region it is another
	 * accelerator's range that is being revoked.
	 */
	void meet(PairCell &cell)
	{
		bool revoking = now_.point.starts_with("revoke-") &&
				now_.first->side != Trigger::Side::Made && has_region();

		meet_anyhow(cell);
		revoked_late_ = revoking && !has_region();
	}

	void meet_anyhow(PairCell &cell)
	{
		auto until = SteadyClock::now() + longest_meeting;

		second_.begin(bed_, *now_.second->operation, false);
		while (!second_.ended() && !second_.waits() && SteadyClock::now() < until)
			std::this_thread::sleep_for(5ms);
		if (!second_.ended())
			cell.waited++;
		else if (second_.outcome().opened)
			cell.inside++;
		else
			cell.nothing++;
	}

	PairCell overlapped()
	{
		PairCell cell;
		PausePoint point;
		bool killing = now_.mode == PairMode::Killed;

		pauses_.arm(now_.point);
		if (killing)
			first_.begin_process(bed_, *now_.first->operation);
		else
			first_.begin(bed_, *now_.first->operation, true);
		if (!wait_until_held(point)) {
			pauses_.release(now_.point);
			wait_for(first_, *now_.first);
			cell.missed++;
			return cell;
		}
		killing = killing && first_.is(point.pid);
		if (now_.mode == PairMode::Killed && !killing) {
			cell.not_own++;
		} else {
			if (now_.second)
				meet(cell);
			cell.killed += killing;
		}

		bool still = pauses_.find(now_.point).pid == point.pid;

		if (killing)
			first_.kill();
		pauses_.release(now_.point);
		wait_for(first_, *now_.first);

		bool met = second_.begun();

		if (met)
			wait_for(second_, *now_.second);
		/* nobody is held for good: on a machine that is far too slow it was too short */
		if (!still) {
			cell = {};
			cell.missed++;
		}
		if (std::exchange(revoked_late_, false) && still)
			found(fmt::format("{} ended the region before the range was revoked",
					  now_.second->name()));
		if (!first_.killed())
			judge(*now_.first, first_.outcome());
		if (met)
			judge(*now_.second, second_.outcome());
		return cell;
	}

	/* which it passes, found out once for each state it starts from */
	const std::vector<std::string> &points_of(const Trigger &first,
						  const PairStart &start_state)
	{
		auto &known = points_[{&first, start_state}];

		if (known)
			return *known;
		known.emplace();
		now_ = {&first, nullptr, PairMode::Overlapped, ""};
		start_ = start_state;
		may_forget_ = first.forgets || start_.first == Start::Uncommitted;
		start();
		/* those that it is brought there by are none of its own */
		watched("coming to rest", [&] { settle(bed_); });
		pauses_.reset();
		first_.begin(bed_, *first.operation, true);
		wait_for(first_, first);
		for (const auto &point : pauses_.list())
			if (point.passed)
				known->push_back(point.name);
		report_.profiles++;

		auto &all = report_.points[first.name()];

		for (const auto &name : *known)
			if (std::find(all.begin(), all.end(), name) == all.end())
				all.push_back(name);
		listen();
		rest();
		return *known;
	}

	PairsRequest request_;
	PairsReport &report_;
	Targets targets_;
	const std::vector<TestBedDevice> before_;
	const Pauses &pauses_;
	Sample sample_;
	Executor first_, second_;
	const std::function<bool(const PairsReport &, const PairCase &)> *tell_ = nullptr;

	PairCase now_;
	PairStart start_;
	bool may_forget_ = false, revoked_late_ = false;
	std::map<std::pair<const Trigger *, PairStart>, std::optional<std::vector<std::string>>>
		points_;
};

} // namespace

const char *pair_mode_name(PairMode mode)
{
	switch (mode) {
	case PairMode::Sequential:
		return "sequential";
	case PairMode::Overlapped:
		return "overlapped";
	default:
		return "killed";
	}
}

std::string PairCase::words() const
{
	std::string words = first ? first->name() : "";

	if (mode == PairMode::Overlapped)
		words += fmt::format(", held at {}", point);
	else if (mode == PairMode::Killed)
		words += fmt::format(", killed at {}", point);
	if (second)
		words += fmt::format("; {}", second->name());
	return words;
}

void PairCell::add(const PairCell &other)
{
	cases += other.cases;
	inside += other.inside;
	waited += other.waited;
	nothing += other.nothing;
	missed += other.missed;
	killed += other.killed;
	not_own += other.not_own;
}

PairCell PairsReport::total(PairMode mode) const
{
	PairCell total;

	for (const auto &[pair, modes] : cells)
		if (auto cell = modes.find(mode); cell != modes.end())
			total.add(cell->second);
	return total;
}

std::vector<Refusal> pairs_refusals(const Root &root, const Machine &machine, const TestBed &bed,
				    const PairsRequest &request, bool agreed)
{
	std::vector<Refusal> refusals;
	auto forgets = [](const Trigger *trigger) { return trigger->forgets; };

	if (!machine.privileged)
		return {{"not-privileged", "only root may pull triggers", "run as root"}};
	if (std::string missing = missing_for_pauses(root); !missing.empty())
		refusals.push_back({"no-fault-injection", missing,
				    "a kernel with CONFIG_FAULT_INJECTION is needed: "
				    "`tools/kernel/build x86 debug-7` and debug-6.12 "
				    "make some"});
	refuse_incomplete(refusals, bed);
	refuse_in_use(refusals, root, machine);
	if (!request.recommit &&
	    (std::any_of(request.first.begin(), request.first.end(), forgets) ||
	     std::any_of(request.second.begin(), request.second.end(), forgets)))
		refusals.push_back({"no-recommit", "decoders could be lost for good",
				    "--recommit says what commits them again; or leave out the "
				    "triggers that --list marks"});
	refuse_real_machine(refusals, root, agreed, "--list shows what would be done");
	return refusals;
}

std::vector<const Trigger *> choose_triggers(const std::vector<std::string> &names)
{
	return choose(triggers(), &Trigger::name, names, "trigger",
		      "`cxla pairs --list` lists them");
}

PairsReport run_pairs(const TestBed &bed, const PairsRequest &request, const Pauses &pauses,
		      const std::function<bool(const PairsReport &, const PairCase &)> &tell)
{
	struct All {
		PairsReport report;
		std::unique_ptr<PairsRun> run;
	};
	/* a thread that is stuck refers to it for ever */
	static std::vector<std::shared_ptr<All>> kept;

	auto begun = SteadyClock::now();
	auto all = std::make_shared<All>();
	PairsReport &report = all->report;

	try {
		all->run = std::make_unique<PairsRun>(bed, request, pauses, report);
		report.interrupted = !all->run->all(tell);
	} catch (const std::exception &error) {
		report.finding =
			PairsFinding{all->run ? all->run->now() : PairCase{}, error.what(), {}};
	} catch (const Search::Found &found) {
		report.finding = PairsFinding{all->run ? all->run->now() : PairCase{}, found.what,
					      found.kernel_log};
		report.stuck = found.stuck;
	}
	if (all->run && !report.stuck)
		all->run->give_on_loss_back();
	report.seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
	if (report.stuck)
		kept.push_back(all);
	return report;
}

} // namespace cxla
