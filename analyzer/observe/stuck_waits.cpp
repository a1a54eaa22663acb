// Waits that nobody ended, of which it is not certain that nobody could; see event_findings.h.
//
// A condition's row keeps its last notification. One that nobody received, before a wait that none ended, is
// a lost wake-up as far as can be known; idle workers look just so, which is why somebody must be waiting for
// the waiter before it is more than a note.
#include <algorithm>
#include <utility>

#include "analyzer/observe/event_findings.h"

namespace gridlock::observe {
namespace {

using model::Confidence;
using model::Rule;
using record::Index;
using record::WaitKind;

constexpr std::uint64_t kLongWaitNs = 1'000'000'000;
constexpr std::size_t kMostStalls = 8;

bool isForAnybody(WaitKind kind) {
  return kind == WaitKind::kCondition || kind == WaitKind::kSemaphore || kind == WaitKind::kBarrier ||
         kind == WaitKind::kFutex;
}

bool waitsWithoutLimit(const record::ThreadRow& row) {
  const auto state = static_cast<record::ThreadState>(row.state.load());
  return state == record::ThreadState::kRunning && row.wait_serial.load() % 2 != 0 &&
         static_cast<record::RequestKind>(row.wait_how.load() >> 8 & 0xff) == record::RequestKind::kBlocking;
}

struct Notification {
  Index thread = record::kNone;
  Index stack = record::kNone;
};
Notification lastOf(const record::LockRow& row) {
  if (row.kind != record::LockKind::kCondition) return {};
  return {row.contended.load() & ~record::kUnheard, row.reserved};
}

}  // namespace

std::string EventFindings::lastNotification(Index lock) {
  const record::LockRow* row = file_.valid<record::LockRow>(lock);
  const Notification last = row ? lastOf(*row) : Notification{};
  if (last.thread == record::kNone) return {};
  return ", last notified by " + threads_.label(last.thread) + " at " + callPlace(last.stack).text();
}

void EventFindings::addLostWakeup(Index waiter, const record::ThreadRow& row, bool likely) {
  const Index lock = row.wait_for.load();
  const Notification last = lastOf(*file_.valid<record::LockRow>(lock));
  const Place here = callPlace(row.wait_stack.load());
  const Place there = callPlace(last.stack);
  const std::string name = locks_.quoted(lock);
  model::Finding finding;
  finding.rule = Rule::LostWakeup;
  finding.confidence = likely ? Confidence::Likely : Confidence::Possible;
  finding.reason =
      likely ? "the last notification came when nobody waited, and none has come since"
             : "the last notification came when nobody waited; whether this wait still needed it is "
               "not known";
  finding.message = capitalised(threads_.label(waiter)) + " waits on condition " + name + " at " +
                    here.text() + " and was never woken: " + threads_.label(last.thread) +
                    " notified it at " + there.text() + " when nobody waited yet, and nobody did so again";
  finding.fix = model::Fix{
      "Change the state under the mutex of the condition, and test it under that mutex before every wait.",
      {}};
  if (const auto id = locks_.of(lock)) finding.locks.push_back(*id);
  for (const Index thread : {waiter, last.thread}) {
    if (const auto id = threads_.id(thread)) finding.threads.push_back(*id);
  }
  finding.locations.push_back(location(here, "waits on " + name));
  finding.locations.push_back(location(there, "notifies " + name + " when nobody waits"));
  const std::pair<Index, Index> steps[] = {{last.thread, last.stack}, {waiter, row.wait_stack.load()}};
  for (const auto& [thread, stack] : steps) {
    model::Step step;
    step.thread = threads_.id(thread);
    step.action = thread == waiter ? "waits-for" : "calls";
    step.lock = locks_.of(lock);
    step.stack = stacks_.stack(stack);
    step.site = stacks_.siteOf(callPlace(stack));
    finding.steps.push_back(std::move(step));
  }
  push(std::move(finding));
}

void EventFindings::addStall(Index waiter, const record::ThreadRow& row, std::uint64_t waited) {
  const Index lock = row.wait_for.load();
  const Place here = callPlace(row.wait_stack.load());
  const std::string name = locks_.quoted(lock);
  model::Finding finding;
  finding.rule = Rule::Deadlock;
  finding.confidence = Confidence::Possible;
  finding.reason =
      "a stall: the wait did not end before the process was ended; whether a thread that ran on "
      "would have ended it is not known";
  finding.message = capitalised(threads_.label(waiter)) + " waited " + seconds(waited) + " for " + name +
                    " at " + here.text() + lastNotification(lock) + ", until the process was ended";
  if (const auto id = locks_.of(lock)) finding.locks.push_back(*id);
  if (const auto id = threads_.id(waiter)) finding.threads.push_back(*id);
  finding.locations.push_back(location(here, "waits for " + name));
  const record::LockRow* waited_for = file_.valid<record::LockRow>(lock);
  if (const Notification last = waited_for ? lastOf(*waited_for) : Notification{};
      last.thread != record::kNone) {
    if (const auto id = threads_.id(last.thread)) finding.threads.push_back(*id);
    finding.locations.push_back(location(callPlace(last.stack), "last notified it"));
  }
  model::Step step;
  step.thread = threads_.id(waiter);
  step.action = "waits-for";
  step.lock = locks_.of(lock);
  step.stack = stacks_.stack(row.wait_stack.load());
  step.site = stacks_.siteOf(here);
  finding.steps.push_back(std::move(step));
  push(std::move(finding));
}

void EventFindings::addStuckWaits(std::uint64_t now, bool hung) {
  std::vector<Index> joined;
  for (Index i = 1; i < file_.count<record::ThreadRow>(); ++i) {
    const record::ThreadRow* row = file_.valid<record::ThreadRow>(i);
    if (row && waitsWithoutLimit(*row) && static_cast<WaitKind>(row->wait_kind.load()) == WaitKind::kJoin)
      joined.push_back(row->wait_for.load());
  }
  std::size_t stalls = 0;
  for (Index i = 1; i < file_.count<record::ThreadRow>(); ++i) {
    const record::ThreadRow* row = file_.valid<record::ThreadRow>(i);
    if (!row || !waitsWithoutLimit(*row) || !isForAnybody(static_cast<WaitKind>(row->wait_kind.load())))
      continue;
    const record::LockRow* lock = file_.valid<record::LockRow>(row->wait_for.load());
    if (!lock || (lock->flags & record::kProcessShared) != 0) continue;
    const bool told = std::ranges::find(deadlocked_, i, &DeadlockMember::thread) != deadlocked_.end();
    const std::uint64_t since = row->wait_since_ns.load();
    const std::uint64_t waited = since != 0 && now > since ? now - since : 0;
    if (!told && !(hung && waited >= kLongWaitNs)) continue;
    const bool needed =
        told || (row->flags & record::kMainThread) != 0 || std::ranges::find(joined, i) != joined.end();
    const Notification last = lastOf(*lock);
    const bool unheard =
        lock->kind == record::LockKind::kCondition && (lock->contended.load() & record::kUnheard) != 0;
    if (unheard && last.thread != i && threads_.id(last.thread)) {
      addLostWakeup(i, *row, needed);
    } else if (deadlocked_.empty() && needed && ++stalls <= kMostStalls) {
      addStall(i, *row, waited);
    }
  }
}

}  // namespace gridlock::observe
