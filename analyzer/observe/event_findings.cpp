// See event_findings.h.
#include "analyzer/observe/event_findings.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "analyzer/model/frames.h"
#include "gridlock/wait_graph.h"

namespace gridlock::observe {
namespace {

using model::Confidence;
using model::Rule;
using record::EventKind;
using record::EventRow;
using record::Index;

std::string blockingText(std::uint32_t call) {
  switch (static_cast<record::BlockingCall>(call)) {
    case record::BlockingCall::kSleep:
      return "sleeps";
    case record::BlockingCall::kJoin:
      return "waits for a thread to end";
    case record::BlockingCall::kChild:
      return "waits for a child process";
    case record::BlockingCall::kRead:
      return "waits for input";
    case record::BlockingCall::kWrite:
      return "waits for output";
    case record::BlockingCall::kPoll:
      return "waits for input or output";
    case record::BlockingCall::kConnect:
    case record::BlockingCall::kAccept:
      return "waits for a connection";
    case record::BlockingCall::kSync:
      return "waits for the disk";
    case record::BlockingCall::kCondition:
      return "waits for a notification";
    case record::BlockingCall::kFileLock:
      return "waits for a lock on a file";
    default:
      return "blocks";
  }
}

}  // namespace

std::string seconds(std::uint64_t ns) {
  char text[40];
  if (ns >= 1'000'000'000) {
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ns) / 1e9);
  } else {
    std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(ns) / 1e6);
  }
  return text;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

model::Location EventFindings::location(const Place& place, std::string role) const {
  model::Location out;
  out.file = place.code.file;
  out.line = place.code.line;
  out.column = place.code.column;
  out.function = place.code.function;
  if (out.file.empty() && out.function.empty()) out.function = place.where();
  out.role = std::move(role);
  return out;
}

Place EventFindings::callPlace(Index stack) {
  const std::vector<Place>& places = stacks_.places(stack);
  std::vector<model::Frame> frames;
  for (const Place& place : places) {
    frames.push_back({place.code.file, place.code.line, place.code.column, place.code.function});
  }
  if (frames.empty()) return {};
  const model::Acquisition acquisition = model::acquisitionOf(frames);
  if (!acquisition.primitive) return stacks_.userPlace(stack);
  for (const Place& place : places) {
    if (place.code.file == acquisition.call.file && place.code.line == acquisition.call.line &&
        place.code.function == acquisition.call.function) {
      return place;
    }
  }
  return stacks_.userPlace(stack);
}

Place EventFindings::heldPlace(const Held& held) {
  return held.stack != record::kNone ? callPlace(held.stack) : stacks_.placeOf(held.site);
}

std::string EventFindings::target(const DeadlockMember& member) {
  if (member.lock == record::kNone) return "the end of " + threads_.label(member.joins);
  return locks_.quoted(member.lock);
}

// "" for locks that know one mode only.
std::string EventFindings::purpose(const DeadlockMember& member) const {
  const record::LockRow* row = file_.valid<record::LockRow>(member.lock);
  if (!row || kindOf(row->kind) != model::LockKind::Rwlock) return {};
  return member.mode == model::Mode::Shared ? " to read" : " to write";
}

void EventFindings::push(model::Finding finding) {
  finding.id = static_cast<model::Id>(report_.findings.size());
  finding.severity = model::severityFor(finding.rule, finding.confidence);
  report_.findings.push_back(std::move(finding));
}

void EventFindings::addVerdicts(bool certain) {
  std::vector<std::uint32_t> groups_done;
  for (Index i = 1; i < file_.count<EventRow>(); ++i) {
    const EventRow* row = file_.valid<EventRow>(i);
    if (!row || ((row->detail & record::kOthersRanOn) == 0) != certain) continue;
    const auto kind = static_cast<EventKind>(row->kind);
    if (kind != EventKind::kDeadlock && kind != EventKind::kSelfDeadlock) continue;
    const std::uint32_t group = row->group;
    if (group != 0 && std::ranges::find(groups_done, group) != groups_done.end()) continue;
    std::vector<DeadlockMember> members;
    for (Index j = i; j < file_.count<EventRow>(); ++j) {
      const EventRow* other = file_.valid<EventRow>(j);
      if (!other || other->kind != row->kind || other->group != group || (group == 0 && j != i)) continue;
      DeadlockMember member;
      member.thread = other->thread;
      member.lock = other->lock;
      if (member.lock == record::kNone) member.joins = other->other_thread;
      member.mode = modeOf(other->mode);
      member.stack = other->stack;
      member.wait_serial = other->reserved;
      member.held = threads_.heldIn(other->chain);
      for (const Held& held : threads_.heldBy(other->thread)) {
        const auto same = std::ranges::find(member.held, held.lock, &Held::lock);
        if (same == member.held.end()) member.held.push_back(held);
      }
      if (kind == EventKind::kSelfDeadlock && other->other_stack != record::kNone) {
        std::erase_if(member.held, [&](const Held& held) { return held.lock == member.lock; });
        member.held.push_back({member.lock, model::Mode::Exclusive, other->other_stack, 0});
      }
      members.push_back(std::move(member));
    }
    if (group != 0) groups_done.push_back(group);
    addDeadlock(std::move(members), certain);
  }
}

void EventFindings::addAll() {
  // What was likely at first may have become certain.
  addVerdicts(true);
  addVerdicts(false);
  std::set<std::tuple<std::uint16_t, std::optional<model::Id>, std::string, std::string>> told;
  for (Index i = 1; i < file_.count<EventRow>(); ++i) {
    const EventRow* row = file_.valid<EventRow>(i);
    if (!row) continue;
    const auto kind = static_cast<EventKind>(row->kind);
    if (kind == EventKind::kDeadlock || kind == EventKind::kSelfDeadlock) continue;
    const auto key = std::tuple{row->kind, locks_.of(row->lock), stacks_.userPlace(row->stack).key(),
                                stacks_.userPlace(row->other_stack).key()};
    if (told.insert(key).second) addMisuse(*row);
  }
}

void EventFindings::addMisuse(const EventRow& row) {
  const std::string who = capitalised(threads_.label(row.thread));
  const std::string other = threads_.label(row.other_thread);
  const std::string lock = locks_.quoted(row.lock);
  const std::string word = locks_.kindWord(row.lock);
  const Place here = callPlace(row.stack);
  const Place there = callPlace(row.other_stack);
  const std::string at = " at " + here.text();
  const std::string there_text = there.known() ? " at " + there.text() : "";

  model::Finding finding;
  finding.confidence = Confidence::Proven;
  finding.reason = "it happened in this run";
  std::string action = "calls";
  std::string here_role;
  std::string there_role;
  bool told_by_lock = true;
  std::vector<Held> held;

  switch (static_cast<EventKind>(row.kind)) {
    case EventKind::kUnlockNotHeld:
      finding.rule = Rule::UnlockNotHeld;
      finding.message = who + " releases " + lock + at + ", but nobody holds it";
      if (there.known()) finding.message += "; it was last released" + there_text;
      finding.fix = model::Fix{"Release it only on the paths that took it.", {}};
      action = "releases";
      here_role = "releases " + lock;
      there_role = "last released";
      break;
    case EventKind::kUnlockByOther: {
      finding.rule = Rule::UnlockNotHeld;
      Place taken = there;
      if (!taken.known()) {
        for (const Threads::Holder& holder : threads_.holders(row.lock)) taken = heldPlace(holder.held);
      }
      finding.message = who + " releases " + lock + at + ", but " + other + " holds it" +
                        (taken.known() ? ", who took it at " + taken.text() : "");
      finding.fix = model::Fix{
          "A " + word + " must be released by the thread that took it; a semaphore may be handed over.", {}};
      action = "releases";
      here_role = "releases " + lock;
      there_role = other + " took " + lock;
      break;
    }
    case EventKind::kNotReleased:
      finding.rule = Rule::LockNotReleased;
      finding.message = who + " ended without releasing " + lock + ", which it took" + at +
                        ": whoever asks for it later waits for ever";
      finding.fix = model::Fix{"Release it on every path, or hold it by a guard object.", {}};
      action = "acquires";
      here_role = "takes " + lock + " and never releases it";
      break;
    case EventKind::kDestroyHeld:
      finding.rule = Rule::DestroyLocked;
      finding.message = who + " destroys " + lock + at + " while " +
                        (row.thread == row.other_thread ? "it" : other) + " holds it" +
                        (there.known() ? ", taken" + there_text : "");
      finding.fix =
          model::Fix{"Release it, and make sure that nobody can still reach it, before it is destroyed.", {}};
      action = "destroys";
      here_role = "destroys " + lock;
      there_role = other + " took " + lock;
      break;
    case EventKind::kDestroyWaited:
      finding.rule = Rule::DestroyLocked;
      finding.message = who + " destroys " + lock + at + " while " + other + " waits for it" + there_text;
      finding.fix = model::Fix{"Let every thread that uses it end before it is destroyed.", {}};
      action = "destroys";
      here_role = "destroys " + lock;
      there_role = other + " waits for " + lock;
      break;
    case EventKind::kUseDestroyed:
      finding.rule = Rule::UseOfInvalidLock;
      finding.message = who + " uses " + lock + at + " after it was destroyed" + there_text;
      finding.fix = model::Fix{
          "Let the last user of the lock destroy it, or initialise it again before it is used.", {}};
      action = "uses";
      here_role = "uses " + lock;
      there_role = "destroys " + lock;
      break;
    case EventKind::kUseUninitialised:
      finding.rule = Rule::UseOfInvalidLock;
      finding.message = who + " uses " + lock + at + ", but it was never initialised";
      finding.fix = model::Fix{"Initialise it before its first use.", {}};
      action = "uses";
      here_role = "uses " + lock;
      break;
    case EventKind::kInitTwice:
      finding.rule = Rule::UseOfInvalidLock;
      finding.message =
          who + " initialises " + lock + at + " although it was already initialised" + there_text;
      if (row.other_thread == record::kNone) {
        finding.confidence = row.detail != 0 ? Confidence::Likely : Confidence::Possible;
        finding.reason =
            row.detail != 0 ? "nobody held it then, but other threads were there who may be about to"
                            : "nobody held it then, and no other thread was there; most systems forgive that";
      }
      finding.fix = model::Fix{"Initialise it once, before any thread can use it.", {}};
      action = "initialises";
      here_role = "initialises " + lock + " again";
      there_role = "initialised first";
      break;
    case EventKind::kWaitWithoutMutex:
      finding.rule = Rule::WrongMutex;
      finding.message = who + " waits on condition " + locks_.quoted(row.other_lock) + at +
                        " without holding the mutex " + lock;
      finding.fix = model::Fix{"Take " + lock + " before the wait, and test the condition under it.", {}};
      action = "waits-for";
      here_role = "waits without holding " + lock;
      break;
    case EventKind::kWaitOtherMutex:
      finding.rule = Rule::WrongMutex;
      finding.message = who + " waits on condition " + locks_.quoted(row.other_lock) + at +
                        " with the mutex " + lock + ", while other waiters use " + locks_.quoted(row.detail);
      finding.fix = model::Fix{"All who wait on one condition must hold the same mutex.", {}};
      action = "waits-for";
      here_role = "waits with " + lock;
      there_role = "another waiter";
      break;
    case EventKind::kRecursiveRead: {
      const record::LockRow* lock_row = file_.valid<record::LockRow>(row.lock);
      const bool writers_first = lock_row && lock_row->kind == record::LockKind::kRwlockPrefersWriters;
      finding.rule = Rule::RecursiveRead;
      finding.confidence = writers_first ? Confidence::Likely : Confidence::Possible;
      finding.reason = writers_first
                           ? "the lock prefers writers: one that asks in between blocks the second read"
                           : "the lock prefers readers here; with another preference a writer in between "
                             "blocks the second read";
      finding.message = who + " takes " + lock + " for reading" + at + " while it already reads under it" +
                        (there.known() ? ", since" + there_text : "") +
                        ": with a writer waiting in between it waits for itself";
      finding.fix = model::Fix{"Take the read lock once, and pass on that it is held.", {}};
      action = "acquires";
      here_role = "reads again under " + lock;
      there_role = "took " + lock + " for reading";
      break;
    }
    case EventKind::kLostWakeup:
      finding.rule = Rule::LostWakeup;
      finding.confidence = Confidence::Likely;
      finding.reason = "the notification came when nobody waited, and no later one was seen";
      finding.message =
          who + " waits on " + lock + at + ", but was notified before it began to wait" + there_text;
      finding.fix = model::Fix{"Change the state under the mutex, and test it before waiting.", {}};
      action = "waits-for";
      here_role = "waits on " + lock;
      there_role = "notifies nobody";
      break;
    case EventKind::kBlockingWhileLocked: {
      finding.rule = Rule::BlockingWhileLocked;
      finding.confidence = Confidence::Possible;
      held = threads_.heldIn(row.chain);
      const Place taken = there.known() || held.empty() ? there : heldPlace(held.back());
      finding.message = who + " " + blockingText(row.detail) +
                        (row.duration_ns > 0 ? " for " + seconds(row.duration_ns) : "") + at +
                        " while it holds " + lock + (taken.known() ? ", taken at " + taken.text() : "") +
                        ": everybody who needs the lock waits as long";
      finding.reason = "it happened in this run; how much it hurts depends on who else needs the lock";
      if (row.group != 0) {
        finding.confidence = Confidence::Likely;
        finding.reason = std::to_string(row.group) + (row.group == 1 ? " thread" : " threads") +
                         " waited for the lock meanwhile";
      }
      finding.fix = model::Fix{"Do this before taking the lock or after releasing it.", {}};
      action = "holds";
      here_role = blockingText(row.detail) + " under " + lock;
      there_role = "took " + lock;
      break;
    }
    case EventKind::kForkWhileLocked:
      finding.rule = Rule::ForkWhileLocked;
      finding.message = who + " of a forked child asks for " + lock + at + ", which " + other +
                        " of the parent held when it forked: in the child nobody will ever release it";
      finding.fix = model::Fix{
          "Take the lock around fork with pthread_atfork, or call only async-signal-safe functions in the "
          "child until exec.",
          {}};
      action = "waits-for";
      here_role = "asks for " + lock;
      there_role = "held at the fork";
      break;
    case EventKind::kSignalUnsafeLock:
      finding.rule = Rule::SignalUnsafeLock;
      finding.confidence = Confidence::Likely;
      finding.reason = "a handler took it in this run; it deadlocks when the interrupted code holds it";
      finding.message =
          "A signal handler takes " + lock + at + ", which the interrupted thread may hold" + there_text;
      finding.fix = model::Fix{"Only set a flag or write to a pipe in the handler.", {}};
      action = "acquires";
      here_role = "takes " + lock + " in a signal handler";
      there_role = "takes " + lock + " outside of the handler";
      break;
    case EventKind::kStarvation: {
      // A loaded machine can keep a thread from running for a while; it does not do so for seconds.
      constexpr std::uint64_t kLong = 2'000'000'000;
      constexpr std::uint32_t kOften = 1000;
      finding.rule = Rule::Starvation;
      finding.confidence =
          row.duration_ns >= kLong && row.detail >= kOften ? Confidence::Likely : Confidence::Possible;
      finding.reason = "others took the lock " + std::to_string(row.detail) + " times during this wait";
      finding.message =
          who + " waited " + seconds(row.duration_ns) + " for " + lock + at + " while others kept taking it";
      finding.fix = model::Fix{
          "Let go between the rounds of a loop that takes the lock, hold it shorter, or use a lock that is "
          "fair to who waits.",
          {}};
      action = "waits-for";
      here_role = "waits for " + lock;
      break;
    }
    case EventKind::kLivelock:
      finding.rule = Rule::Livelock;
      finding.confidence = Confidence::Likely;
      finding.reason = "the attempts failed again and again and no thread made progress";
      finding.message = who + " tried " + std::to_string(row.detail) + " times in " +
                        seconds(row.duration_ns) + " to take " + lock + at + ", each time while it held " +
                        locks_.quoted(row.other_lock) + ", which " + other +
                        " tried for just so: neither gets on";
      finding.fix = model::Fix{
          "Take both locks in one order, or at once with std::lock, or pause for a random time between the "
          "attempts.",
          {}};
      there_role = "took " + locks_.quoted(row.other_lock);
      action = "acquires";
      here_role = "tries " + lock;
      break;
    case EventKind::kWaitWhileHolding:
      finding.rule = Rule::WaitWhileHolding;
      finding.confidence = Confidence::Likely;
      finding.reason = "the wait can only be ended by a thread that needs the held lock";
      finding.message = who + " waits" + at + " while it holds " + lock +
                        (there.known() ? ", taken" + there_text : "") +
                        ", which the thread that would wake it needs";
      action = "waits-for";
      here_role = "waits while holding " + lock;
      there_role = "took " + lock;
      break;
    default:
      return;
  }

  if (const auto id = locks_.of(row.lock)) {
    finding.locks.push_back(*id);
  } else {
    told_by_lock = false;
  }
  if (row.other_lock != record::kNone) {
    if (const auto id = locks_.of(row.other_lock)) finding.locks.push_back(*id);
  }
  if (const auto id = threads_.id(row.thread)) finding.threads.push_back(*id);
  if (row.other_thread != row.thread) {
    if (const auto id = threads_.id(row.other_thread)) finding.threads.push_back(*id);
  }
  finding.locations.push_back(location(here, here_role));
  if (there.known() && !there_role.empty()) {
    finding.locations.push_back(location(there, there_role));
    model::Step before;
    before.thread = threads_.id(row.other_thread != record::kNone ? row.other_thread : row.thread);
    before.action = there_role.find("took") != std::string::npos ? "acquires" : "calls";
    if (told_by_lock) before.lock = locks_.of(row.lock);
    before.site = stacks_.siteOf(there);
    before.stack = stacks_.stack(row.other_stack);
    finding.steps.push_back(std::move(before));
  }
  model::Step step;
  step.thread = threads_.id(row.thread);
  step.action = action;
  if (told_by_lock) step.lock = locks_.of(row.lock);
  step.site = stacks_.siteOf(here);
  step.stack = stacks_.stack(row.stack);
  finding.steps.push_back(std::move(step));
  if (row.count.load() > 0) finding.message += " (" + std::to_string(row.count.load() + 1) + " times)";
  push(std::move(finding));
}

std::vector<std::string> EventFindings::notCovered() const {
  std::vector<std::string> out;
  for (Index i = 1; i < file_.count<EventRow>(); ++i) {
    const EventRow* row = file_.valid<EventRow>(i);
    if (!row || static_cast<EventKind>(row->kind) != EventKind::kProcessNotCovered) continue;
    std::string note = "not covered: " + std::string(file_.text(row->text));
    if (std::ranges::find(out, note) == out.end()) out.push_back(std::move(note));
  }
  return out;
}

}  // namespace gridlock::observe
