// What the shim keeps for each thread beside its rows of the record: where the top of the held stack
// is, a private twin of that stack, and the cache of situations that were seen already.
//
// Re-entrance. A signal handler may run between any two instructions of a hook and take locks itself.
//  - The fast path fills the entry above the top before the real call and raises the top after it. A
//    handler that locks and unlocks in between overwrites the entry: once the top is raised, the fast path
//    looks whether it is still its own. What stands above the top is never read by anybody else; its twin
//    remembers what was taken there last, so that a repetition has nothing to write.
//  - A slow path sets `epoch` to kBusy: hooks that run meanwhile on this thread pass straight through.
//
// Fork. `*alive`, and the gate of every thread, lie in pages that the kernel wipes in forked children: there
// the gates are shut and no epoch is the right one, so that the first hook of the child takes the slow path
// and gives the child a record of its own, however it was forked.
//
// Everything here belongs to one thread; nothing needs a lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gridlock/record.h"
#include "runtime/core/record_file.h"

namespace gridlock::runtime {

// A value that no lock has.
inline constexpr std::uint64_t kNoMark = 0x5a5a5a5a;  // a mark's upper half is never 0

// In Shadow::held_at: an unlock has more to do than to pop. No object of a program lies up there.
inline constexpr std::uint64_t kUnlockSlowly = std::uint64_t{1} << 63;

inline std::uint64_t lockPart(Index lock) { return std::uint64_t{lock * 0x9e3779b1u} << 32; }

// Private twin of a HeldEntry, one cache line. The first three words say what was taken there last, and
// whence: when they are met again, and nothing below has changed since, everything else stands already.
// Whoever writes a twin therefore takes the mark of the next one above away.
struct alignas(64) Shadow {
  std::uint64_t mark = kNoMark;           // the word in the lock object that holds its number
  std::uint64_t site = 0;                 // return address
  std::uint64_t place = 0;                // placeWord(): frame address, mode and kind of request
  std::uint64_t held_at = 0;              // address of the lock object, and kUnlockSlowly
  record::SectionRow* section = nullptr;  // never null in an entry in use; row 0 when it is not known
  std::uint64_t place_key = 0;            // hash of what is held below and of the place; see hash()
  Index lock = kNone;
  std::uint8_t mode = 0;
  std::uint8_t request = 0;
  std::uint16_t flags = 0;  // ShadowFlag
  // Of a recent situation only: its stack, and a part of the hash of what is held below.
  Index stack = kNone;
  std::uint32_t below = 0;

  std::uint64_t address() const { return held_at & ~kUnlockSlowly; }
  bool isAt(std::uint64_t at) const { return (held_at ^ at) << 1 == 0; }
  // Of the held chain up to and including this lock; also its key in the cache.
  std::uint64_t hash() const { return place_key ^ lockPart(lock); }
  // What stands here is not to be taken for known.
  void forget() {
    mark = kNoMark;
    place = 0;
  }
  // Lock, mode, request and flags at once.
  volatile std::uint64_t* lockAndHow() { return reinterpret_cast<volatile std::uint64_t*>(&lock); }
};
static_assert(sizeof(Shadow) == 2 * sizeof(record::HeldEntry));

enum ShadowFlag : std::uint16_t {
  kShadowSampled = 1u << 0,    // the entry carries a time
  kShadowRecursive = 1u << 1,  // taken more than once
  kShadowExact = 1u << 2,      // its stack was unwound for this very acquisition
  kShadowAnyLock = 1u << 3,    // its section stands for any lock taken at this place
  kShadowDeep = 1u << 4,       // `site` is its deepPlace()
  kShadowManyLocks = 1u << 5,  // its section stands for many locks taken at this place, under others
  kShadowStarted = 1u << 6,    // a thread was started while it was held (core/start_holds.h)
  kShadowUnlockSlow = kShadowSampled | kShadowRecursive | kShadowStarted,
};

// A situation that was seen: (held chain, lock, call site, stack depth).
struct CacheEntry {
  std::uint64_t key;
  std::uint64_t value;  // section and stack; or which locks of a group

  Index section() const { return static_cast<Index>(value); }      // kSections, or kDeepSite
  Index stack() const { return static_cast<Index>(value >> 32); }  // kFrames
};
inline constexpr Index kDeepSite = ~Index{0};

// Sixty-four locks with neighbouring numbers, at one place under the same held locks: which of them were met
// there. Neighbouring groups stand beside each other; where their spot is taken, there is a second one.
struct Group {
  std::uint64_t key;  // 0: free
  std::uint64_t locks;
};
inline constexpr Index kGroup = 64;
extern Group no_groups __attribute__((visibility("hidden")));

inline std::uint64_t cacheValue(Index section, Index stack) { return section | std::uint64_t{stack} << 32; }

// Attempts in a row that failed (core/progress.h).
struct TryLoop {
  Index section;
  std::uint32_t count;
  std::uint64_t got;     // successes there, when it began
  std::uint64_t since;   // 0 while it is short
  std::uint64_t others;  // failures of the other threads of the ring at the last look
  std::uint64_t told;    // when the report had it
  std::uint8_t looks;
};

// The frame of a hook as its compiler lays it out (hooks keep frame pointers): the caller's frame
// pointer and the return address.
struct Frame {
  std::uint64_t caller;
  std::uint64_t site;
};

inline constexpr std::uint64_t kBusy = 1;  // no epoch is ever this
inline constexpr std::uint64_t kEndedEpoch = 2;
inline constexpr std::uint64_t kUnborn = 3;

inline constexpr std::size_t kGateDistance = 4096;

// The number of a lock whose object has no room for it: its mark, as if it stood there.
struct NearLock {
  std::uint64_t address = 0;
  std::uint64_t mark = kNoMark;
  std::uint64_t changes = 0;  // of the table by address when it was looked up
};
inline constexpr std::uint64_t kNearLocks = 16;

struct WaitStacks;

struct alignas(1024) Thread {
  std::uint64_t epoch;  // equal to *alive while this thread is recorded, and not inside the shim
  Shadow* top;          // twin of the next free entry
  record::ThreadRow* row;
  std::uint32_t count_bias;  // see countAt
  std::uint32_t tid;
  CacheEntry* cache;
  std::uint64_t cache_mask;  // in entries, less the places of a set
  std::int64_t to_entry;     // see entryOf
  Shadow* limit;             // end of the current block

  Shadow* floor;   // twin of the first entry of the current block
  bool has_older;  // there is a block below it
  Group* groups = &no_groups;
  std::uint64_t group_mask;
  Shadow* recent;             // situations that came again lately (core/situations.h)
  std::uint64_t recent_mask;  // of the distance in bytes
  Index index;                // kThreads
  Index block;                // kHeld: the current one
  std::uint64_t stack_top;
  std::uint32_t evictions;  // of the cache, since it last grew
  std::uint32_t lost_groups;
  std::uint32_t lost_recent;
  std::uint32_t unseen;      // lock events that passed by while busy
  std::uint32_t wait_depth;  // waits that signal handlers began inside of waits
  bool ended;
  std::uint8_t destructor_rounds;
  Thread* next_free;
  record::LockRow* free_locks;  // rows of destroyed locks that nothing refers to, by `reserved`
  NearLock near[kNearLocks];
  void* pending;  // begun requests of home-made locks (hooks/annotate.cpp)
  TryLoop tries;
  const Frame* born_frame;  // where this thread initialised a lock last, unless at a deep site
  std::uint64_t born_site;
  Index born_stack;
  std::uint32_t notified;  // waits that somebody else ended: conditions, semaphores, barriers, futexes
  // Hand-shakes (core/handshakes.h): those that were followed; the notification it may have come to look for,
  // by its kSegments row, and the mutex it did so under.
  std::uint32_t handshakes;
  Index notice;
  Index notice_mutex;
  WaitStacks* wait_stacks;   // see core/stack_store.h
  std::uint64_t born_under;  // locks that its starter held, and it had not yet (core/start_holds.h)

  record::HeldEntry* entryOf(const Shadow* shadow) const {
    constexpr std::uint64_t kRatio = sizeof(Shadow) / sizeof(record::HeldEntry);
    return reinterpret_cast<record::HeldEntry*>(reinterpret_cast<std::uint64_t>(shadow) / kRatio +
                                                static_cast<std::uint64_t>(to_entry));
  }
  // Of the whole held chain. That of nothing held stands under the first entry; it changes with the segment.
  std::uint64_t hash() const { return top[-1].hash(); }
  bool holdsNothing() const { return top == floor && !has_older; }
  // The number of held locks follows from the top alone: a signal handler may come between two stores, but
  // never sees two figures that disagree. The row's held_count is its mirror.
  std::uint32_t countAt(const Shadow* at) const {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uint64_t>(at) / sizeof(Shadow)) + count_bias;
  }
  std::uint32_t held() const { return countAt(top); }

  // Open (not 0) while the epoch is the right one. The fast path asks nothing else: one word at a fixed
  // distance costs a quarter of what the comparison through two pointers does.
  std::uint64_t& gate() {
    return *reinterpret_cast<std::uint64_t*>(reinterpret_cast<char*>(this) - kGateDistance);
  }
  void open();
};

// Shadow::held_at of the entry at a place of the held stack. An unlock of the first entry of a further block
// leaves the block.
inline std::uint64_t heldAtWord(const Shadow& shadow, std::uint32_t position) {
  const bool leaves_block = position != 0 && position % record::kHeldPerBlock == 0;
  const bool slowly = (shadow.flags & kShadowUnlockSlow) != 0 || leaves_block;
  return shadow.address() | (slowly ? kUnlockSlowly : 0);
}

#pragma GCC visibility push(hidden)  // else each access goes through an address in a register
extern __thread Thread* tl_thread __attribute__((tls_model("initial-exec"), visibility("hidden")));
extern std::uint64_t* alive;
// In a forked child: the thread id, in the parent, of the thread that forked. Locks it holds still name it.
extern std::uint32_t inherited_tid;
#pragma GCC visibility pop

inline void Thread::open() {
  epoch = *alive;
  gate() = 1;
}

// In a forked child, should the kernel not have wiped the pages.
void noteForkedChild();

// The calling thread's state, or nullptr when its events are to pass unrecorded: the shim is passive,
// the thread is inside the shim, or past its end. The first call of a thread registers it; the first
// of a process image makes the record.
Thread* thisThreadSlowly();
inline Thread* thisThread() {
  Thread* thread = tl_thread;
  // The gate alone is what the fast paths ask; it may still be open where recording has just ended.
  return thread->gate() != 0 && thread->epoch == *alive ? thread : thisThreadSlowly();
}

// As thisThread(), but never registers anything.
inline Thread* knownThread() {
  Thread* thread = tl_thread;
  return thread->epoch == *alive ? thread : nullptr;
}

// Of a hook that comes back from a wait: recording may have ended meanwhile, and a sandbox closed.
inline bool isStillRecorded(const Thread* thread) { return thread != nullptr && thread->epoch == *alive; }

// Keeps hooks of this thread out of the shim while it is in here.
class Inside {
 public:
  explicit Inside(Thread* thread) : thread_(thread), epoch_(thread->epoch) {
    thread->epoch = kBusy;
    thread->gate() = 0;
    asm volatile("" ::: "memory");
  }
  ~Inside() {
    asm volatile("" ::: "memory");
    thread_->epoch = epoch_;
    if (epoch_ == *alive) thread_->gate() = 1;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Thread* thread_;
  std::uint64_t epoch_;
};

// The held stack.
struct Held {
  record::HeldEntry* entry;
  Shadow* shadow;
};

// Makes room for one more entry when the block is full. False when there is none: then the lock is
// not recorded as held.
bool growHeld(Thread& thread);
// Entry number i, counted from the oldest.
Held heldAt(Thread& thread, std::uint32_t i);
// The newest entry for this lock object, or {nullptr, nullptr}.
Held findHeld(Thread& thread, std::uint64_t address, std::uint32_t& position);
// Takes an entry out, wherever it stands.
void removeHeld(Thread& thread, std::uint32_t position);

inline void pushHeld(Thread& thread, std::uint64_t hash, std::uint64_t address, record::SectionRow* section,
                     Index lock, std::uint32_t how, std::uint64_t site, Index stack, std::uint16_t flags) {
  Shadow* shadow = thread.top;
  record::HeldEntry* entry = thread.entryOf(shadow);
  shadow->forget();
  if (shadow->hash() != hash) shadow[1].mark = kNoMark;
  shadow->place_key = hash ^ lockPart(lock);
  shadow->held_at = address;
  shadow->section = section;
  shadow->lock = lock;
  shadow->mode = static_cast<std::uint8_t>(how);
  shadow->request = static_cast<std::uint8_t>(how >> 8);
  shadow->flags = flags;
  shadow->held_at = heldAtWord(*shadow, thread.held());
  entry->site = site;
  entry->stack = stack;
  entry->chain = kNone;
  entry->acquired_ns = 0;
  entry->mode = static_cast<std::uint8_t>(how);
  entry->request = static_cast<std::uint8_t>(how >> 8);
  entry->recursion = 0;
  entry->lock.store(lock, std::memory_order_relaxed);
  thread.top = shadow + 1;
  thread.row->held_count.store(thread.held(), std::memory_order_release);
}

// After popHeld: back to the older block when this one is empty.
void leaveEmptyBlock(Thread& thread);

inline void popHeld(Thread& thread) {
  thread.top = thread.top - 1;
  thread.row->held_count.store(thread.held(), std::memory_order_release);
}

// Mode and kind of request in the low bits of a frame's address.
inline std::uint64_t placeWord(const Frame* frame, record::Mode mode, record::RequestKind request) {
  return reinterpret_cast<std::uint64_t>(frame) + static_cast<std::uint64_t>(mode) +
         (static_cast<std::uint64_t>(request) << 1);
}

// Starts a new segment of the thread, ordered after its current one and after `other`.
void startSegment(Thread& thread, Index other);

// A segment that ends the thread's current one and stands after `other`, too; the thread is not in it.
Index endOfSegment(const Thread& thread, Index other);

// A row and a first segment for a thread that `creator` is about to start. The creator goes on in a
// new segment, so that what it does from now on is not ordered before the new thread.
Index announceThread(Thread& creator, std::uint64_t start_routine, Index stack);
// In the new thread: takes that row as its own.
void adoptThread(Index row, std::uint64_t stack_top);
// In the creator, when the thread did not come to be.
void withdrawThread(Index row);
// The row of a live or ended, not yet joined thread, by its pthread_t or kernel id; none if unknown.
Index threadByHandle(std::uint64_t handle);
Index threadByTid(std::uint32_t tid);
// In a forked child: a row for a thread of the parent that holds this lock, and does not exist here.
void addThreadOfParent(std::uint32_t tid, Index lock);
void nameHandle(std::uint64_t handle, Index row);
void forgetHandle(std::uint64_t handle);
// The end of the calling thread, when its last destructors have run.
void endThread(Thread& thread);

// At the end of the process: the CPU time of the threads that still live.
void noteTimes();

// The calling thread is the shim's own: none of its events count.
void hideThread();

// Called by core/init.cpp for a new record; in a forked child after threadsAfterFork().
bool prepareThreads();
void threadsAfterFork();
// Registers the key whose destructor tells us of the end of a thread.
void makeEndKey();
// Gives the key up for a program that needs them all. From then on a thread ends where its routine does.
bool dropEndKey();
bool endIsSeen();

}  // namespace gridlock::runtime
