// The only door from the hooks to the core. A hook tells what the program is about to do, calls the
// real function, and tells how it ended:
//
//   Attempt attempt(object, mode, request, frame);   // recorded before the real lock
//   attempt.mayBlock(owner);                         // when the lock looks held
//   const int result = real(…);
//   result == 0 ? attempt.granted() : attempt.refused();
//
// Uncontended mutexes do not come through here: hooks/fast_path.h does the same inline.
//
// Nothing here changes errno, takes a lock of the program, or fails: what cannot be recorded is counted.
#pragma once

#include <cstdint>

#include "gridlock/record.h"
#include "runtime/core/init.h"
#include "runtime/core/lock_table.h"
#include "runtime/core/situations.h"
#include "runtime/core/stack_store.h"
#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

using record::EventKind;
using record::Mode;
using record::RequestKind;
using record::WaitKind;

inline std::uint32_t howOf(Mode mode, RequestKind request) {
  return static_cast<std::uint32_t>(mode) | static_cast<std::uint32_t>(request) << 8;
}

// A wait as it is published in the thread's row. Waits nest only when a signal handler waits inside of
// one: the outer wait is put back afterwards.
struct Wait {
  bool published = false;
  std::uint64_t since = 0;
  struct {
    WaitKind kind;
    Index wait_for;
    std::uint32_t how;
    Index stack;
    Index mutex;
    std::uint64_t address;
    std::uint64_t since;
  } outer;

  void begin(Thread& thread, WaitKind kind, Index wait_for, std::uint64_t address, std::uint32_t how,
             Index stack, Index mutex = kNone);
  // The nanoseconds it took.
  std::uint64_t end(Thread& thread);
};

class Attempt {
 public:
  Attempt(const Object& object, Mode mode, RequestKind request, const Frame* frame);

  // The lock looks held: publishes the wait and looks for a deadlock, before the thread blocks. The owner is
  // a kernel thread id when libc keeps it, else 0.
  void mayBlock(std::uint32_t owner, WaitKind kind = WaitKind::kLock);
  // It may be held: publishes the wait, and leaves it to the watcher to look. For locks of which only the
  // program itself can say whether they are free.
  void announce();
  void granted();
  void refused();

  // Not to be looked at when this is false.
  explicit operator bool() const { return thread_ != nullptr; }
  Thread* thread() const { return thread_; }
  Index lock() const { return lock_; }
  Index stack() const { return stack_.index; }

 private:
  void countWait(std::uint64_t waited);

  Thread* thread_;
  std::uint64_t address_;
  std::uint64_t key_ = 0;
  std::uint64_t site_;
  Index lock_ = kNone;
  Index section_ = kNone;
  Index request_row_ = kNone;
  bool announced_ = false;
  bool deep_ = false;        // at a deep place
  std::uint64_t takes_ = 0;  // of the lock, when it had to be waited for
  std::uint32_t how_;
  Stack stack_{};
  Wait wait_;
};

// A recursive lock was taken once more by its owner.
void takenAgain(const Object& object);

// A once flag that is done already was asked for: it could have been waited for.
void askedFor(const Object& object, const Frame* frame);

// The lock was released by a thread that need not be its holder, or it is given to another one. Nobody holds
// it from now on; a lock that was held by another thread counts as one that moves.
void releasedByAnybody(const Object& object, const Frame* frame);
// A semaphore that was followed as a lock, and is about to be posted.
void posting(const Object& object, const Frame* frame);
// A semaphore is none but a counter: not followed as a lock any more.
void countsFromNowOn(const Object& object);
// An object that has a name of its own was opened.
void named(const Object& object, const char* name, const Frame* frame, std::uint32_t detail);

// The calling thread is about to release the lock. `owner` is the kernel thread id that libc keeps of the
// holder; kNobody when libc says that nobody holds it, kUnknownOwner when it cannot say.
inline constexpr std::uint32_t kNobody = 0;
inline constexpr std::uint32_t kUnknownOwner = ~0u;
void releasing(const Object& object, const Frame* frame, std::uint32_t owner);

// About to be initialised: wrong when somebody holds it.
void initialising(const Object& object, const Frame* frame);
// `detail` as LockRow::detail; `word` stood in its spare bytes before.
void initialised(const Object& object, const Frame* frame, std::uint32_t detail = 0, std::uint64_t word = 0);
// About to be destroyed. `owner` as above.
void destroying(const Object& object, const Frame* frame, std::uint32_t owner);
void destroyed(const Object& object);

// A condition wait: gives the mutex up and takes it again, which is a request of its own.
class ConditionWait {
 public:
  ConditionWait(const Object& condition, const Object& mutex, std::uint32_t mutex_owner, RequestKind request,
                const Frame* frame);
  // `holds_mutex`: the real call has taken it again (it does so on a time-out and on cancellation too).
  // `notified`: it was not the time that ended the wait.
  void end(bool holds_mutex, bool notified);

 private:
  Thread* thread_;
  Index condition_ = kNone;
  Object mutex_;
  Shadow shadow_{};
  record::HeldEntry entry_{};
  bool held_ = false;
  Index stack_ = kNone;
  Wait wait_;
};

// A wait for a row of the record that is not a lock request: a join, a semaphore, a barrier.
class PlainWait {
 public:
  PlainWait(const Object& object, WaitKind kind, RequestKind request, const Frame* frame);
  // wait_for as WaitKind says.
  PlainWait(WaitKind kind, Index wait_for, std::uint64_t address, RequestKind request, const Frame* frame);
  void end();

 private:
  Thread* thread_;
  Index stack_ = kNone;
  record::BlockingCall call_ = record::BlockingCall::kOther;
  Wait wait_;
};

// Events.
struct Event {
  EventKind kind;
  Mode mode = Mode::kExclusive;
  RequestKind request = RequestKind::kBlocking;
  Index lock = kNone;
  Index stack = kNone;
  Index other_thread = kNone;
  Index other_lock = kNone;
  Index other_stack = kNone;
  std::uint32_t group = 0;
  std::uint32_t wait_serial = 0;  // of the thread's row, for a verdict that is not certain
  std::uint32_t detail = 0;
  std::uint64_t duration_ns = 0;
};
// Adds the event, or counts it when an equal one (kind, lock, stack) stands in the record already.
void addEvent(Thread& thread, const Event& event);
// Adds it for another thread, without counting.
Index addEventFor(Index thread, Index chain, const Event& event);
// Adds what a program must not do; ends the program where an option says so.
void wrongUse(Thread& thread, const Event& event);
void eventsAfterFork();

void noteHeldAtEnd(Thread& thread);

// Joins and starts.
void joined(Thread& thread, Index other);

// The first few acquisitions of a section are timed and their exits noted, then one of (sample_mask + 1).
inline bool isFirst(std::uint64_t count) { return count < 16; }
inline bool isSampled(std::uint64_t count) { return isFirst(count) || (count & sample_mask) == 0; }

// The newest lock was taken by the fast path, and is one of those that are timed. Returns 0: for tail calls.
int sampleNewest();

// The fast path raised the top over an entry that a signal handler had overwritten: writes it anew.
void repairTop(const Object& object, Mode mode, RequestKind request, const Frame* frame);

// Whether the calling thread holds the lock, as far as we saw.
bool holds(const Object& object);
// Releases without any check; for what is not unlocked by hand.
void forgetHeld(const Object& object);

// False when it is known already, or one too many.
bool noteExit(record::SectionRow& section, std::uint64_t site);
// The end of a section that is timed.
void finishSample(record::HeldEntry& entry, record::SectionRow& section);
// The calling thread gives back what it holds: one level of it, or all.
void giveBack(Thread& thread, const Held& held, std::uint32_t position, const Frame* frame);

}  // namespace gridlock::runtime
