// SPDX-License-Identifier: GPL-2.0-only
#include "stress/actor.h"

#include "cxl/accel.h"
#include "sys/error.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

constexpr size_t longest_log = 8;
constexpr std::chrono::milliseconds gate_look{1};

uint64_t mixed(uint64_t seed, const std::string &name)
{
	uint64_t value = seed ^ 0x9e3779b97f4a7c15;

	/* FNV-1a: the same on every machine, unlike std::hash */
	for (char c : name)
		value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
	return value;
}

} // namespace

std::vector<std::string> Targets::idle() const
{
	std::vector<std::string> bdfs;

	for (const auto &expander : expanders)
		if (expander.idle)
			bdfs.push_back(expander.bdf);
	return bdfs;
}

const RaceAccel *Targets::by_serial(uint64_t serial) const
{
	for (const auto &accel : accelerators)
		if (accel.serial == serial)
			return &accel;
	return nullptr;
}

void Gate::open(const std::atomic<bool> &stop)
{
	closed_ = false;
	/* one that has not left yet would count at the next closing */
	while (standing_ && !stop)
		std::this_thread::sleep_for(gate_look);
}

void Gate::pass(const std::atomic<bool> &stop)
{
	if (!closed_)
		return;
	standing_++;
	while (closed_ && !stop)
		std::this_thread::sleep_for(gate_look);
	standing_--;
}

void RaceState::report(Finding finding)
{
	std::scoped_lock guard(lock_);

	if (!finding_)
		finding_ = std::move(finding);
	stop = true;
}

std::optional<Finding> RaceState::finding() const
{
	std::scoped_lock guard(lock_);

	return finding_;
}

Actor::Actor(std::shared_ptr<RaceState> state, const ActorKind &kind, unsigned number,
	     Backend backend)
    : state_(std::move(state)), kind_(kind), number_(number), backend_(backend),
      random_(mixed(state_->seed, fmt::format("{}/{}", kind.name, number)))
{
}

void Actor::act()
{
	try {
		/* a ring belongs to the thread that made it */
		batch_ = make_batch(backend_, state_->recorder, place_of(kind_));
		while (!state_->stop) {
			state_->gate.pass(state_->stop);

			auto begun = Clock::now();

			kind_.step(*this);
			pause(kind_.pause);
			leave_time_to_others(Clock::now() - begun);
		}
	} catch (const std::exception &error) {
		report(fmt::format("this program's own trouble: {}", error.what()));
	}
	batch_.reset();
	ended_ = true;
}

double Actor::now() const
{
	return std::chrono::duration<double>(Clock::now() - state_->start).count();
}

void Actor::pause(unsigned longest)
{
	if (longest && !stopping())
		std::this_thread::sleep_for(std::chrono::microseconds(pick(longest)));
}

void Actor::leave_time_to_others(Clock::duration worked)
{
	using std::chrono::microseconds;
	auto share = std::chrono::duration_cast<microseconds>(worked) * kind_.modesty;

	pause(static_cast<unsigned>(std::min(share, microseconds(2000000)).count()));
}

Operation Actor::write(Action action, const std::string &path, const std::string &value)
{
	return {action, FileOp::writing(path, value), fmt::format("'{}' > {}", trim(value), path)};
}

Operation Actor::read(const std::string &path)
{
	return {Action::ReadAttribute, FileOp::reading(path), "read " + path};
}

Operation Actor::repeated(Operation operation, unsigned times)
{
	operation.file.times = std::min(times, FileOp::most_times);
	return operation;
}

std::vector<FileResult> Actor::run(std::vector<Operation> operations)
{
	std::vector<FileOp> files;
	double begun = now();

	{
		std::scoped_lock guard(lock_);

		for (const auto &operation : operations)
			pending_.push_back({begun, 0, operation.text, "not ended"});
	}
	for (auto &operation : operations) {
		if (state_->written && operation.file.write)
			state_->written(operation.file);
		operation.file.path = root().host(operation.file.path);
		files.push_back(operation.file);
	}

	auto results = batch_->run(files);

	{
		std::scoped_lock guard(lock_);

		pending_.clear();
	}
	for (size_t i = 0; i < results.size(); i++)
		judge(operations[i], results[i], begun);
	return results;
}

void Actor::end_and_return(const Operation &end, const Operation &back, unsigned apart,
			   unsigned longest, bool then)
{
	if (pick(apart)) {
		run({end});
		pause(longest);
		run({back});
		return;
	}
	run({end, back});
	if (then)
		run({back});
}

void Actor::judge(const Operation &operation, const FileResult &result, double begun)
{
	{
		std::scoped_lock guard(lock_);
		Outcomes &outcomes = outcomes_[operation.action];

		outcomes[result.err]++;
		for (int err : result.more)
			outcomes[err]++;
	}
	log({begun, std::chrono::duration<double>(result.ended - state_->start).count(),
	     operation.file.times > 1
		     ? fmt::format("{} ({} times)", operation.text, operation.file.times)
		     : operation.text,
	     errno_name(result.err)});
	look_at(operation.action, operation.text, result.opened, result.err);
	for (int err : result.more)
		look_at(operation.action, operation.text, result.opened, err);
	if (result.opened && !result.err && operation.file.write &&
	    result.bytes != operation.file.value.size())
		report(fmt::format("{}: only {} bytes were taken", operation.text, result.bytes));
}

void Actor::look_at(Action action, const std::string &text, bool opened, int err)
{
	/* what answers mean is settled for our stack; of another one the kernel's words count */
	if (!stack().is_ours() || is_allowed(action, opened, err) ||
	    (!opened && state_->files_vanish && (err == ENOENT || err == ENODEV)))
		return;
	report(fmt::format("{}: {}{}", text, opened ? "" : "opening it: ",
			   err ? errno_name(err) : "done, though it must be refused"));
}

void Actor::begin_waiting(const std::string &text)
{
	std::scoped_lock guard(lock_);

	pending_.push_back({now(), 0, text, "not ended"});
}

void Actor::end_waiting()
{
	std::scoped_lock guard(lock_);

	pending_.clear();
}

uint64_t Actor::next_operation()
{
	return batch_->next_operation();
}

int Actor::perform(Action action, const std::string &text, const std::function<int()> &act)
{
	auto begun = Clock::now();

	begin_waiting(text);

	uint64_t operation = batch_->begin();
	int err = act();

	batch_->end(operation);
	end_waiting();
	note(action, text, begun, true, err);
	return err;
}

void Actor::note(Action action, const std::string &text, Clock::time_point begun, bool opened,
		 int err)
{
	{
		std::scoped_lock guard(lock_);

		outcomes_[action][err]++;
	}
	log({std::chrono::duration<double>(begun - state_->start).count(), now(), text,
	     errno_name(err)});
	look_at(action, text, opened, err);
}

void Actor::report(const std::string &what)
{
	state_->report({fmt::format("{}/{}", kind_.name, number_), what});
}

void Actor::count(const std::string &outcome)
{
	std::scoped_lock guard(lock_);

	counts_[outcome]++;
}

std::vector<std::string> Actor::bus_devices(const std::string &prefix)
{
	std::vector<std::string> &kept = earlier_[prefix];
	std::vector<std::string> found;

	if (!kept.empty() && !pick(4))
		return kept;
	for (auto &name : root().list(stack().devices_folder()).value_or({}))
		if (name.starts_with(prefix) && name.size() > prefix.size() &&
		    name[prefix.size()] >= '0' && name[prefix.size()] <= '9')
			found.push_back(std::move(name));
	if (!found.empty())
		kept = found;
	return found;
}

void Actor::log(LoggedOperation operation)
{
	std::scoped_lock guard(lock_);

	log_.push_back(std::move(operation));
	if (log_.size() > longest_log)
		log_.pop_front();
}

std::map<Action, Outcomes> Actor::outcomes() const
{
	std::scoped_lock guard(lock_);

	return outcomes_;
}

std::map<std::string, uint64_t> Actor::counts() const
{
	std::scoped_lock guard(lock_);

	return counts_;
}

std::vector<LoggedOperation> Actor::last_operations() const
{
	std::scoped_lock guard(lock_);
	std::vector<LoggedOperation> all(log_.begin(), log_.end());

	all.insert(all.end(), pending_.begin(), pending_.end());
	return all;
}

LoggedOperation Actor::latest() const
{
	std::scoped_lock guard(lock_);

	if (!pending_.empty())
		return pending_.back();
	return log_.empty() ? LoggedOperation{} : log_.back();
}

double Actor::waiting() const
{
	std::scoped_lock guard(lock_);

	return pending_.empty() ? 0 : now() - pending_.front().begun;
}

} // namespace cxla
