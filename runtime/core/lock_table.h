// From the address of a lock object to its row of the record, across destruction and re-use of memory.
//
// A lock's row number stands in bytes of the object that libc leaves alone, beside a tag made of its
// address and a number of this process image. Every initialisation (also the static one, also the
// constructor of std::mutex) zeroes these bytes, so that a new lock at an old address is seen at no
// cost; the tag tells copied objects and other processes' marks apart. Objects without such bytes, and
// robust or process-shared ones, are found in a table by address.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

struct Object {
  std::uint64_t address;
  std::uint64_t* spare;  // eight bytes of the object, or nullptr
  record::LockKind kind;
  std::uint16_t flags;  // LockFlag
};

extern std::uint32_t tag_secret __attribute__((visibility("hidden")));

inline std::uint32_t tagOf(std::uint64_t address) {
  return (static_cast<std::uint32_t>(address >> 3) ^ tag_secret) | 1;  // never 0: zeroed bytes match no tag
}

// The row whose number stands in the spare bytes; none when there is none, or not of this image.
inline Index markedLock(std::uint64_t word, std::uint64_t address) {
  return static_cast<std::uint32_t>(word >> 32) == tagOf(address) ? static_cast<Index>(word) : kNone;
}

// How often an address came to mean another lock in the table by address.
extern std::atomic<std::uint64_t> side_changes __attribute__((visibility("hidden")));

inline NearLock& nearSlot(Thread& thread, std::uint64_t address) {
  return thread.near[(address >> 2 ^ address >> 6) % kNearLocks];
}
// The mark of a lock that is found by address; kNoMark when it is to be looked up.
inline std::uint64_t nearMark(Thread& thread, std::uint64_t address) {
  const NearLock& slot = nearSlot(thread, address);
  return slot.address == address && slot.changes == side_changes.load(std::memory_order_acquire) ? slot.mark
                                                                                                 : kNoMark;
}
void noteNear(Thread& thread, std::uint64_t address);

// The row of a lock, made when it has none yet. `destroyed` says that the object was destroyed and
// not initialised since. None when the table is full.
Index lockOf(Thread& thread, const Object& object, bool& destroyed);
// The row, only if there is one.
Index knownLock(const Object& object);

// The object was initialised: a new lock is born. `again` says that it was one already, certainly
// in use. None when the table is full.
Index bearLock(Thread& thread, const Object& object, Index stack);
void destroyLock(Thread& thread, const Object& object);

// The spare bytes of a destroyed object hold its mark with this bit changed.
inline constexpr std::uint64_t kDestroyedMark = std::uint64_t{1} << 63;
inline bool wasDestroyed(std::uint64_t word, std::uint64_t address) {
  return markedLock(word ^ kDestroyedMark, address) != kNone;
}
// bearLock, for an object that this thread destroyed last, with its row still free. `word` stood in its spare
// bytes before. False when it is not so.
bool bearAgain(Thread& thread, const Object& object, std::uint64_t word, Index stack);

// The object keeps its row, but its spare bytes are the program's again.
void unmarkLock(const Object& object, Index lock);

// Where a lock was first used, unless that is known.
inline void noteFirstUse(record::LockRow& row, Index stack, std::uint64_t site) {
  if (row.first_site != 0) return;
  row.first_stack = stack;
  row.first_site = site;
}

// A row that other rows refer to is not given to another lock.
void keepLock(Index lock);

// The row of a lock that was carried over a fork.
Index lockInChild(Thread& thread, const record::LockRow& old, std::uint64_t address);

// Pseudo locks (threads, once flags) share the table by address.
Index lockByAddress(Thread& thread, std::uint64_t address, record::LockKind kind);

void giveLocksBack(Thread& thread);
void locksAfterFork();
// For a new record: from now on no mark of the old one is known.
void prepareLocks();

}  // namespace gridlock::runtime
