// What the shim keeps for each thread beside its rows of the record: where the top of the held stack
// is, a private twin of that stack, and the cache of situations that were seen already.
//
// Re-entrance. A signal handler may run between any two instructions of a hook and take locks itself.
//  - The fast path fills the entry above the top before the real call and raises the top after it. A
//    handler that locks and unlocks in between overwrites the entry: once the top is raised, the fast path
//    looks whether it is still its own. What stands above the top is never read by anybody else.
//  - A slow path sets `epoch` to kBusy: hooks that run meanwhile on this thread pass straight through.
//
// Fork. `*alive` lies in a page that the kernel wipes in forked children. It differs from every
// thread's epoch there, so that the first hook of the child takes the slow path and gives the child
// a record of its own, however it was forked.
//
// Everything here belongs to one thread; nothing needs a lock.
#pragma once

#include <cstdint>

#include "gridlock/record.h"
#include "runtime/core/record_file.h"

namespace gridlock::runtime {

// Private twin of a HeldEntry, of the same size, so that one offset leads from entry to twin.
struct Shadow {
  std::uint64_t hash;     // of the held chain up to and including this lock; its key in the cache
  std::uint64_t address;  // of the lock object
  Index lock;
  std::uint8_t mode;
  std::uint8_t request;
  std::uint16_t flags;          // ShadowFlag
  record::SectionRow* section;  // only with kShadowSection

  // Lock, mode, request and flags at once.
  volatile std::uint64_t* lockAndHow() { return reinterpret_cast<volatile std::uint64_t*>(&lock); }
};
static_assert(sizeof(Shadow) == sizeof(record::HeldEntry));

enum ShadowFlag : std::uint16_t {
  kShadowSampled = 1u << 0,    // the entry carries a time
  kShadowRecursive = 1u << 1,  // taken more than once
  kShadowExact = 1u << 2,      // its stack was unwound for this very acquisition
  kShadowSection = 1u << 3,    // `section` is set
  kShadowUnlockSlow = kShadowSampled | kShadowRecursive,
};
// As seen through Shadow::lockAndHow.
inline constexpr std::uint64_t kOnlySection = std::uint64_t{kShadowSection} << 48;

// A situation that was seen: (held chain, lock, call site, stack depth).
struct CacheEntry {
  std::uint64_t key;
  Index section;  // kSections, or kDeepSite
  Index stack;    // kFrames
};
inline constexpr Index kDeepSite = ~Index{0};

// The frame of a hook as its compiler lays it out (hooks keep frame pointers): the caller's frame
// pointer and the return address.
struct Frame {
  std::uint64_t caller;
  std::uint64_t site;
};

inline constexpr std::uint64_t kBusy = 1;  // no epoch is ever this
inline constexpr std::uint64_t kEndedEpoch = 2;
inline constexpr std::uint64_t kUnborn = 3;

struct alignas(64) Thread {
  std::uint64_t epoch;       // equal to *alive while this thread is recorded
  std::uint64_t hash;        // of the whole held chain: that of the entry under the top
  record::HeldEntry* top;    // next free entry
  record::HeldEntry* limit;  // end of the current block
  std::int64_t to_shadow;    // bytes from an entry to its twin
  CacheEntry* cache;
  std::uint64_t cache_mask;  // in entries
  record::ThreadRow* row;

  record::HeldEntry* slow_floor;  // first entry of the block when there is an older one
  record::HeldEntry* floor;       // first entry of the current block
  std::uint32_t count_bias;       // see countAt
  Index index;                    // kThreads
  Index block;                    // kHeld: the current one
  std::uint64_t stack_top;
  std::uint32_t evictions;   // of the cache, since it last grew
  std::uint32_t unseen;      // lock events that passed by while busy
  std::uint32_t wait_depth;  // waits that signal handlers began inside of waits
  bool ended;
  std::uint8_t destructor_rounds;
  std::uint32_t tid;
  Thread* next_free;
  record::LockRow* free_locks;  // rows of destroyed locks that nothing refers to, by `reserved`
  void* pending;                // begun requests of home-made locks (hooks/annotate.cpp)

  // The hash of nothing held stands under the first entry; it changes with the segment.
  Shadow* shadowOf(record::HeldEntry* entry) const {
    return reinterpret_cast<Shadow*>(reinterpret_cast<char*>(entry) + to_shadow);
  }
  // The number of held locks follows from the top alone: a signal handler may come between two stores, but
  // never sees two figures that disagree. The row's held_count is its mirror.
  std::uint32_t countAt(const record::HeldEntry* at) const {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uint64_t>(at) / sizeof(record::HeldEntry)) +
           count_bias;
  }
  std::uint32_t held() const { return countAt(top); }
};

#pragma GCC visibility push(hidden)  // else each access goes through an address in a register
extern __thread Thread* tl_thread __attribute__((tls_model("initial-exec"), visibility("hidden")));
extern std::uint64_t* alive;
#pragma GCC visibility pop

// The calling thread's state, or nullptr when its events are to pass unrecorded: the shim is passive,
// the thread is inside the shim, or past its end. The first call of a thread registers it; the first
// of a process image makes the record.
Thread* thisThread();

// As thisThread(), but never registers anything.
inline Thread* knownThread() {
  Thread* thread = tl_thread;
  return thread->epoch == *alive ? thread : nullptr;
}

// Keeps hooks of this thread out of the shim while it is in here.
class Inside {
 public:
  explicit Inside(Thread* thread) : thread_(thread), epoch_(thread->epoch) {
    thread->epoch = kBusy;
    asm volatile("" ::: "memory");
  }
  ~Inside() {
    asm volatile("" ::: "memory");
    thread_->epoch = epoch_;
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
  record::HeldEntry* entry = thread.top;
  Shadow* shadow = thread.shadowOf(entry);
  shadow->hash = hash;
  shadow->address = address;
  shadow->section = section;
  shadow->lock = lock;
  shadow->mode = static_cast<std::uint8_t>(how);
  shadow->request = static_cast<std::uint8_t>(how >> 8);
  shadow->flags = flags | kShadowSection;
  entry->site = site;
  entry->stack = stack;
  entry->chain = kNone;
  entry->acquired_ns = 0;
  entry->mode = static_cast<std::uint8_t>(how);
  entry->request = static_cast<std::uint8_t>(how >> 8);
  entry->recursion = 0;
  entry->lock.store(lock, std::memory_order_relaxed);
  thread.top = entry + 1;
  thread.hash = hash;
  thread.row->held_count.store(thread.held(), std::memory_order_release);
}

// After popHeld: back to the older block when this one is empty.
void leaveEmptyBlock(Thread& thread);

inline void popHeld(Thread& thread) {
  thread.top = thread.top - 1;
  thread.hash = thread.shadowOf(thread.top)[-1].hash;
  thread.row->held_count.store(thread.held(), std::memory_order_release);
}

// The critical section of a held lock; row 0, which nobody reads, when it is not known any more.
record::SectionRow& sectionOf(Thread& thread, const Shadow& shadow);

// The cache.
inline std::uint64_t situation(std::uint64_t chain_hash, std::uint32_t how, Index lock, std::uint64_t site,
                               std::uint64_t depth) {
  const std::uint64_t b = ((std::uint64_t{lock} << 32) ^ depth) * 0x9e3779b97f4a7c15u;
  const std::uint64_t x = (chain_hash ^ (b + site + how)) * 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}
void remember(Thread& thread, std::uint64_t key, Index section, Index stack);
void forget(Thread& thread, std::uint64_t key);

// Starts a new segment of the thread, ordered after its current one and after `other`.
void startSegment(Thread& thread, Index other);

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
void nameHandle(std::uint64_t handle, Index row);
void forgetHandle(std::uint64_t handle);
// The end of the calling thread, when its last destructors have run.
void endThread(Thread& thread);

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
