// What went wrong while a program ran, as findings: the events of its record in words.
//
// Each message is one sentence that names the threads, the locks and the source lines; the locations
// say where each of them stands, and the steps how it came about. Everything here happened, so most
// of it is `proven`.
#pragma once

#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/observe/lock_classes.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/stacks.h"
#include "analyzer/observe/threads.h"

namespace gridlock::observe {

// One thread of a deadlock: what it waits for, and what it holds meanwhile.
struct DeadlockMember {
  record::Index thread = record::kNone;
  record::Index lock = record::kNone;         // waited for; none: the end of `joins`
  record::Index joins = record::kNone;        // kThreads
  model::Mode mode = model::Mode::Exclusive;  // in which the lock is asked for
  record::Index stack = record::kNone;
  std::vector<Held> held;
};

class EventFindings {
 public:
  EventFindings(const RecordFile& file, StackReader& stacks, LockClasses& locks, Threads& threads,
                model::Report& report)
      : file_(file), stacks_(stacks), locks_(locks), threads_(threads), report_(report) {}

  // All events of the record, equal ones once.
  void addAll();
  // A verdict that was reached from outside: these threads wait for each other, as their rows say.
  void addDeadlock(const std::vector<record::Index>& threads);

  // Programs that were started without the shim, as sentences for Run::notes.
  std::vector<std::string> notCovered() const;

  // The threads' rows as they are now.
  DeadlockMember memberFromThread(record::Index thread) const;

 private:
  void addDeadlock(std::vector<DeadlockMember> members);
  void addMisuse(const record::EventRow& row);
  model::Location location(const Place& place, std::string role) const;
  // Where the user asked for the lock in this stack: the call, not the inside of a wrapper of theirs.
  Place callPlace(record::Index stack);
  Place heldPlace(const Held& held);
  std::string target(const DeadlockMember& member);
  std::string purpose(const DeadlockMember& member) const;
  void push(model::Finding finding);

  const RecordFile& file_;
  StackReader& stacks_;
  LockClasses& locks_;
  Threads& threads_;
  model::Report& report_;
  std::vector<std::vector<record::Index>> reported_deadlocks_;
};

}  // namespace gridlock::observe
