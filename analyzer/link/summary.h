// What one function does, in terms of its parameters: the result of `lockset`,
// the input of `world`.
//
// Everything is symbolic (symbolic.h). A snapshot is what surely or possibly
// holds at a point of the function, relative to its entry: what the callers
// hold comes on top, later.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/link/models.h"
#include "analyzer/link/symbolic.h"
#include "analyzer/model/report.h"

namespace gridlock::link {

using model::LockKind;
using model::Mode;
using model::RequestKind;

struct Held {
  SymId lock = kNoSym;
  Mode mode = Mode::Exclusive;
  bool maybe = false;   // not on every path
  bool soft = false;    // made of an atomic flag: excludes others, but no lock by name
  bool weak = false;    // a flag set under a lock: ways with and without it are not kept apart
  bool permit = false;  // of a semaphore: may be given back by posting another
  std::uint8_t count = 1;
  Gid at = 0;         // the instruction of this function that took it
  Gid primitive = 0;  // the call of the lock function itself
  bool operator==(const Held&) const = default;
};

struct LockMode {
  SymId lock = kNoSym;
  Mode mode = Mode::Exclusive;
  bool operator==(const LockMode&) const = default;
  auto operator<=>(const LockMode&) const = default;
};

// x == value, or x != value
struct Fact {
  SymId sym = kNoSym;
  bool equal = true;
  std::int64_t value = 0;
  bool operator==(const Fact&) const = default;
  auto operator<=>(const Fact&) const = default;
};

struct Snapshot {
  std::vector<Held> locks;         // taken since entry, still held
  std::vector<SymId> released;     // held at entry (if at all), dropped since
  std::vector<SymId> alive;        // Handles of threads that may have been started and not joined
  std::vector<SymId> joined;       // values of handles joined that were not started here
  std::vector<SymId> awaited;      // sync objects that a wait has surely passed
  std::vector<SymId> signalled;    // sync objects that may have been signalled
  std::vector<SymId> once;         // once flags surely done
  std::vector<SymId> escaped;      // roots that others may know
  std::vector<SymId> dropped;      // locks surely released since they were last taken
  std::vector<SymId> cleared;      // atomic flags set back to 0
  std::vector<SymId> taken;        // values taken out of shared places, under a lock:
                                   // this thread's own
  std::vector<SymId> unlinked;     // the same, without a lock of this function: its caller's may do
  std::vector<SymId> destroyed;    // locks surely destroyed
  std::vector<SymId> initialised;  // locks surely initialised by a call
  std::vector<SymId> acquired;     // locks surely taken at some time since entry, held or not
  std::vector<SymId> last;         // objects of which this thread dropped the last reference
  std::vector<Gid> phase;   // where the last barrier was passed; kNone: not since entry; empty: the same
  std::vector<Fact> facts;  // of arguments, where a caller may know better
  std::vector<Fact> flags;  // of mode flags (mode_flags.h)
  bool thrown = false;      // an exception is on its way
  bool operator==(const Snapshot&) const = default;
};

enum class EventKind : std::uint8_t {
  Access,         // addr; value: what is stored, if a pointer may be
  CopyObject,     // addr: to, value: from, aux: type, if known; no access of its own
  Acquire,        // addr: lock
  Release,        // addr: lock; flag kUnheld: not taken in this function
  Call,           // aux: CallSite
  Start,          // aux: CallSite whose callee runs on a new thread; addr: address of
                  // the handle
  Join,           // value: handle value; addr: where the thread's result goes, if anywhere
  Wait,           // addr: condition, value: lock
  Notify,         // addr: condition
  Block,          // aux: CallSite of the model's function
  Signal,         // addr
  Barrier,        // addr: all of its threads have come here
  Await,          // addr
  InitLock,       // addr; value: its type, kNoSym unless given
  DestroyLock,    // addr
  InvalidCall,    // addr: a lock that the callee takes though it is destroyed, or initialises though it is
  FreeMemory,     // value: pointer
  SemaphoreInit,  // addr; value
  Handler,        // value: function, addr: the signal's number
  UnusedGuard,    // addr: lock, kNoSym: none
  Exit,           // the function's end; one for each way
  Escape,         // value: address that leaves
};

enum EventFlag : std::uint32_t {
  kEventWrite = 1u << 0,
  kEventRead = 1u << 1,
  kEventAtomic = 1u << 2,
  kEventVolatile = 1u << 3,
  kEventFresh = 1u << 4,       // of an object that nobody else can know yet
  kEventParamFresh = 1u << 5,  // the same, if argument aux was fresh at entry
  kEventShared = 1u << 6,      // Acquire, Release: read mode
  kEventTry = 1u << 7,
  kEventTimed = 1u << 8,
  kEventUnheld = 1u << 9,      // Release: nothing of this function held it
  kEventTwice = 1u << 10,      // Acquire: held already; Release: dropped already
  kEventLoop = 1u << 11,       // Wait: inside a loop that tests again
  kEventPredicate = 1u << 12,  // Wait: with a predicate
  kEventInit = 1u << 13,       // Access: an initialiser
  kEventSemaphore = 1u << 14,
  kEventBitField = 1u << 15,
  kEventLeak = 1u << 16,  // Exit: other ways out do not hold what is held here
  kEventCertain = 1u << 17,
  kEventNarrow = 1u << 18,  // atomic with acquire or release order
  kEventWhole = 1u << 19,   // Access: of a whole object, parts included
  kEventContainer = 1u << 20,
  kEventTaken = 1u << 22,     // Access: of an object that was taken out of what is shared
  kEventInvalid = 1u << 23,   // Acquire: of a destroyed lock; InitLock: a second time
  kEventThrown = 1u << 24,    // Exit: by an exception
  kEventLast = 1u << 25,      // Access: of an object nobody else refers to any more
  kEventDying = 1u << 26,     // Call, Access: on a way that only ends the process, by abort or the like
  kEventLatch = 1u << 27,     // SemaphoreInit: of a latch
  kEventVaries = 1u << 21,    // Access: at another place in each round of `loop`
  kEventDrawn = 1u << 28,     // Access: of an element whose index nobody else has been given
  kEventThrough = 1u << 29,   // Access, with kEventTaken: of another object, which what was taken leads to
  kEventParamOwn = 1u << 30,  // Access: kEventTaken, if argument aux is the thread's own at entry
};

struct Event {
  EventKind kind = EventKind::Access;
  std::uint32_t flags = 0;
  Gid gid = 0;
  SymId addr = kNoSym;
  SymId value = kNoSym;
  Index aux = kNone;
  Index snapshot = 0;
  LockKind lock_kind = LockKind::Mutex;
  Index loop = kNone;  // header of the innermost loop around it
  bool operator==(const Event&) const = default;
};

struct CallSite {
  Gid gid = 0;
  SymId callee = kNoSym;  // Func, or what the pointer is
  std::vector<SymId> args;
  bool is_virtual = false;
  bool forwarded = false;  // callable: an object's call operator may be meant;
                           // arguments by reference
  bool in_loop = false;
  std::vector<SymId> varying;       // Start: what differs from one round of the loop
                                    // around it to the next
  std::vector<std::uint8_t> own;    // per argument: 1 is the thread's own; 2 …, if parameter's is
  std::vector<std::uint8_t> fresh;  // per argument: 1 points to a fresh object;
                                    // 2 to parameter's, if fresh
  bool operator==(const CallSite&) const = default;
};

using Binding = std::pair<SymId, SymId>;  // address, content

// One way through the function.
struct Outcome {
  SymId result = kNoSym;
  std::vector<Fact> facts;            // of parameters, and of the result
  std::vector<Fact> needs;            // of what memory held at the entry
  std::vector<std::uint64_t> writes;  // on this way; see Summary
  bool writes_more = false;           // and others of those
  std::vector<Binding> stores;
  Snapshot at_exit;
  bool operator==(const Outcome&) const = default;
};

struct Summary {
  bool ready = false;
  std::vector<Event> events;  // in an order of execution
  std::vector<CallSite> calls;
  std::vector<Snapshot> snapshots;
  std::vector<Outcome> outcomes;      // empty: does not return
  std::vector<SymId> left;            // threads that may run on when it ends, in whatever way
  std::vector<std::uint64_t> writes;  // what it or its callees write: fields and globals, see writeKey
  bool writes_anything = false;
  bool returns_fresh = false;
  bool barriers = false;  // it or a callee passes one
  // Returns that a lock taken since entry may be held at: its primitive, the return. Sorted.
  std::vector<std::pair<Gid, Gid>> returns_holding;
  std::uint64_t relevant_args = 0;  // bit k: what argument k points to matters
  std::uint64_t index_args = 0;     // bit k: argument k selects an element
  bool starts = false;              // it or a callee starts threads
  bool section = false;             // all of it is one atomic section
  bool cut = false;                 // a bound was met
};

}  // namespace gridlock::link
