// Threads that wait for each other, or for ever, as findings; see event_findings.h.
#include "analyzer/observe/event_findings.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gridlock::observe {
namespace {

using model::Confidence;
using model::Rule;
using record::Index;

// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

// What would end a wait that has no owner; empty for locks that have one.
std::string_view endOf(record::LockKind kind) {
  switch (kind) {
    case record::LockKind::kCondition:
      return "notify it";
    case record::LockKind::kSemaphore:
      return "post it";
    case record::LockKind::kBarrier:
      return "arrive there";
    case record::LockKind::kPipe:
      return "use its other end";
    case record::LockKind::kFutex:
      return "wake it";
    default:
      return "";
  }
}

}  // namespace

void EventFindings::addDeadlock(std::vector<DeadlockMember> members, bool certain) {
  if (members.empty()) return;
  for (const DeadlockMember& member : members) {
    const record::ThreadRow* row = file_.row<record::ThreadRow>(member.thread);
    const bool ended = row && member.wait_serial != 0 && row->wait_serial.load() != member.wait_serial;
    if (!certain && ended) return;
  }
  std::vector<Index> who;
  for (const DeadlockMember& member : members) who.push_back(member.thread);
  std::ranges::sort(who);
  if (std::ranges::find(reported_deadlocks_, who) != reported_deadlocks_.end()) return;
  reported_deadlocks_.push_back(who);
  deadlocked_.insert(deadlocked_.end(), members.begin(), members.end());

  // Who of the members holds what this one waits for.
  const auto holderOf = [&](const DeadlockMember& member) -> std::pair<const DeadlockMember*, const Held*> {
    for (const DeadlockMember& other : members) {
      if (member.lock == record::kNone) {
        if (other.thread == member.joins) return {&other, nullptr};
        continue;
      }
      for (const Held& held : other.held) {
        if (held.lock == member.lock) return {&other, &held};
      }
    }
    return {nullptr, nullptr};
  };
  // Tell the ring in its order: each thread before the one it waits for.
  for (std::size_t i = 0; i + 1 < members.size(); ++i) {
    const auto [next, held] = holderOf(members[i]);
    for (std::size_t j = i + 1; j < members.size(); ++j) {
      if (next && next->thread == members[j].thread) std::swap(members[i + 1], members[j]);
    }
  }

  model::Finding finding;
  const bool self = members.size() == 1 && holderOf(members[0]).first == &members[0];
  finding.rule = self ? Rule::SelfDeadlock : Rule::Deadlock;
  finding.confidence = certain ? Confidence::Proven : Confidence::Likely;
  finding.reason =
      certain
          ? "it happened: these waits have no time limit, and nobody who could end them can go on"
          : "it happened, and the wait did not end; only somebody who does not hold the lock could release "
            "it, which is wrong but possible: a thread or a signal handler was there to do so";

  constexpr std::size_t kThreadsInMessage = 4;
  std::vector<std::string> parts;
  std::vector<std::string> holds;
  std::vector<std::string> ring;
  std::set<std::string> lock_names;
  std::vector<model::Location> held_locations;
  bool ownerless = false;
  std::vector<model::Step> waits;
  for (const DeadlockMember& member : members) {
    const Place wait = callPlace(member.stack);
    const std::string who_waits = threads_.label(member.thread);
    const std::string what = target(member);
    const auto [holder, held] = holderOf(member);
    const auto lock_id = member.lock == record::kNone
                             ? std::optional<model::Id>(locks_.ofThread(threads_.label(member.joins)))
                             : locks_.of(member.lock);
    std::string part = who_waits + " waits for " + what + purpose(member) + " at " + wait.text();
    const std::string role =
        threads_.label(member.thread) + (member.lock == record::kNone
                                             ? " waits for the end of " + threads_.label(member.joins)
                                             : " waits for " + what);
    finding.locations.push_back(location(wait, role));
    if (lock_id) {
      finding.locks.push_back(*lock_id);
      if (member.lock != record::kNone) lock_names.insert(what);
    }
    if (const auto id = threads_.id(member.thread)) finding.threads.push_back(*id);

    model::Step step;
    step.thread = threads_.id(member.thread);
    step.action = "waits-for";
    step.lock = lock_id;
    step.stack = stacks_.stack(member.stack);
    if (step.stack) step.site = stacks_.siteOf(wait);
    waits.push_back(std::move(step));

    if (held) {
      const Place taken = heldPlace(*held);
      const std::string owner = holder->thread == member.thread ? "it" : threads_.label(holder->thread);
      part += ", which " + owner + (owner == "it" ? " itself" : "") +
              (taken.known() ? " took at " + taken.text() : " holds");
      if (taken.known()) {
        held_locations.push_back(location(taken, threads_.label(holder->thread) + " took " + what));
      }
      model::Step acquired;
      acquired.thread = threads_.id(holder->thread);
      acquired.action = "acquires";
      acquired.lock = lock_id;
      acquired.stack = stacks_.stack(held->stack);
      acquired.site = stacks_.siteOf(taken);
      finding.steps.push_back(std::move(acquired));
      holds.push_back(threads_.label(holder->thread) + " holds " + what);
    } else if (const record::LockRow* waited = file_.valid<record::LockRow>(member.lock);
               waited && !endOf(waited->kind).empty() && threads_.holders(member.lock).empty()) {
      ownerless = true;
      part += lastNotification(member.lock) + ", and no thread is left that could " +
              std::string(endOf(waited->kind));
    } else if (member.lock != record::kNone && !holder) {
      // Held by somebody who is not a member: a thread that ended, or one that is stuck elsewhere.
      for (const Threads::Holder& other : threads_.holders(member.lock)) {
        const Place taken = heldPlace(other.held);
        const record::ThreadRow* row = file_.row<record::ThreadRow>(other.thread);
        const auto state =
            row ? static_cast<record::ThreadState>(row->state.load()) : record::ThreadState::kEmpty;
        const bool ended = state == record::ThreadState::kExited || state == record::ThreadState::kJoined;
        if (row && (row->flags & record::kThreadOfParent) != 0) {
          part += ", which a thread of the parent process held at the fork: nobody here will ever release it";
          holds.push_back("a thread of the parent held " + what + " at the fork");
          if (taken.known()) held_locations.push_back(location(taken, "taken in the parent"));
          break;
        }
        part += ", which " + threads_.label(other.thread) + " took at " + taken.text();
        if (ended) part += " and never released before it ended";
        held_locations.push_back(location(taken, threads_.label(other.thread) + " took " + what));
        holds.push_back(threads_.label(other.thread) + " holds " + what);
        break;
      }
    }
    if (parts.size() < kThreadsInMessage) parts.push_back(part);
    ring.push_back(who_waits + " → " + what);
  }
  for (model::Location& place : held_locations) finding.locations.push_back(std::move(place));
  for (const DeadlockMember& member : members) {
    const Place inside = stacks_.userPlace(member.stack);
    if (inside.key() == callPlace(member.stack).key()) continue;
    model::Location wrapper = location(inside, "in a wrapper that takes the lock");
    const bool listed_already = std::ranges::any_of(finding.locations, [&](const model::Location& other) {
      return other.file == wrapper.file && other.line == wrapper.line;
    });
    if (!listed_already) finding.locations.push_back(std::move(wrapper));
  }
  for (model::Step& step : waits) finding.steps.push_back(std::move(step));
  std::ranges::sort(finding.locks);
  finding.locks.erase(std::unique(finding.locks.begin(), finding.locks.end()), finding.locks.end());

  if (self) {
    finding.message =
        capitalised(parts[0]) + ": it waits for itself" + (certain ? " and can never go on" : "");
    const record::LockRow* row = file_.valid<record::LockRow>(members[0].lock);
    const bool rwlock = row && kindOf(row->kind) == model::LockKind::Rwlock;
    finding.fix =
        model::Fix{rwlock ? "Release the lock before asking for it in another mode; a read lock cannot be "
                            "turned into a write lock."
                          : "Release the lock before taking it again, split off a function that expects it "
                            "to be held, or make it recursive.",
                   {}};
  } else {
    finding.message = "Deadlock: ";
    for (std::size_t i = 0; i < parts.size(); ++i) finding.message += (i > 0 ? "; " : "") + parts[i];
    if (members.size() > parts.size()) {
      const std::size_t more = members.size() - parts.size();
      finding.message += "; and " + std::to_string(more) + (more == 1 ? " more thread" : " more threads") +
                         " of the same ring";
    }
    const std::vector<std::string> names(lock_names.begin(), lock_names.end());
    const std::string& source = finding.locations[0].file;
    const std::string at_once = source.ends_with(".c") ? "" : ", or take them at once with std::scoped_lock";
    if (ownerless) {
      finding.fix = model::Fix{
          "Let a thread that does not wait itself end this wait: test the condition under its "
          "mutex before waiting, and notify after every change.",
          {}};
    } else if (names.size() > 1) {
      finding.fix = model::Fix{"Take " + listed(names) + " in one order everywhere" + at_once + ".", {}};
    } else if (names.size() == 1 && members.size() > 1 && holds.size() > 1) {
      finding.fix = model::Fix{"Several locks called " + names[0] +
                                   " are taken in different orders: order them, by address or by number" +
                                   at_once + ".",
                               {}};
    } else if (!names.empty() && members.size() > 1) {
      finding.fix =
          model::Fix{"Release " + listed(names) + " before waiting for the thread that needs it.", {}};
    } else if (!names.empty()) {
      finding.fix = model::Fix{"Release " + names[0] + " on every path out of the code that takes it.", {}};
    }
  }
  model::Coffman coffman;
  std::vector<std::string> names(lock_names.begin(), lock_names.end());
  coffman.mutual_exclusion = ownerless       ? "only another thread can end such a wait"
                             : names.empty() ? "a thread ends only once"
                                             : listed(names) + " can be held by one owner at a time";
  coffman.hold_and_wait = holds.empty() ? "every thread that could end a wait waits itself"
                                        : listed(holds) + ", and waits for more";
  coffman.no_preemption = "no lock can be taken from its owner, and no wait has a time limit";
  for (std::size_t i = 0; i < ring.size() && i < 8; ++i) coffman.circular_wait += ring[i] + " → ";
  coffman.circular_wait += members.size() > 8 ? "…" : threads_.label(members[0].thread);
  finding.coffman = coffman;
  push(std::move(finding));
}

}  // namespace gridlock::observe
