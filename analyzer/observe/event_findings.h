// What went wrong while a program ran, as findings: the events of its record in words.
//
// Each message is one sentence that names the threads, the locks and the source lines; the locations
// say where each of them stands, and the steps how it came about. Everything here happened, so most
// of it is `proven`.
#pragma once

#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/observe/deadlock_member.h"
#include "analyzer/observe/lock_classes.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/stacks.h"
#include "analyzer/observe/threads.h"

namespace gridlock::observe {

std::string seconds(std::uint64_t ns);  // "1.5 s"
std::string capitalised(std::string text);

class EventFindings {
 public:
  EventFindings(const RecordFile& file, StackReader& stacks, LockClasses& locks, Threads& threads,
                model::Report& report)
      : file_(file), stacks_(stacks), locks_(locks), threads_(threads), report_(report) {}

  // All events of the record, equal ones once.
  void addAll();
  // These threads wait for each other; also for a verdict that was reached from outside. Not certain: a
  // thread waits for itself, and another one could have released the lock although it did not hold it.
  // Such a wait that ended after all is none.
  void addDeadlock(std::vector<DeadlockMember> members, bool certain);
  // Waits for anybody that had not ended when the process did: notifications that came too early, and, when
  // the process was ended because it stood still (`hung`), those of which is not known who would have ended
  // them.
  void addStuckWaits(std::uint64_t now, bool hung);

  // Programs that were started without the shim, as sentences for Run::notes.
  std::vector<std::string> notCovered() const;

  // The members of all deadlocks told of so far.
  const std::vector<DeadlockMember>& deadlocked() const { return deadlocked_; }

 private:
  void addVerdicts(bool certain);
  void addMisuse(const record::EventRow& row);
  void addLostWakeup(record::Index waiter, const record::ThreadRow& row, bool likely);
  void addStall(record::Index waiter, const record::ThreadRow& row, std::uint64_t waited);
  // ", last notified by thread 2 (feeder) at feed.c:12"; empty where nobody was seen to.
  std::string lastNotification(record::Index lock);
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
  std::vector<DeadlockMember> deadlocked_;
};

}  // namespace gridlock::observe
