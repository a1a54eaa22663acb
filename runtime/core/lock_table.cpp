// See lock_table.h. A row is published before its number is stored in the object; of two threads that
// meet a new lock at once, the one that stores the number first wins and the other's row stays
// unpublished.

#include "runtime/core/lock_table.h"

#include "runtime/base/table.h"
#include "runtime/core/clock.h"

namespace gridlock::runtime {
namespace {

using record::LockRow;
using record::LockState;

InternTable side;  // address -> kLocks, for objects without spare bytes of ours

// Which row an address had last: finds re-use of memory by locks that are never destroyed. Lossy.
struct LastUse {
  std::atomic<std::uint64_t> address;
  std::atomic<std::uint32_t> lock;
};
constexpr std::uint32_t kLastUses = 1u << 14;
LastUse* last_uses = nullptr;

std::uint64_t addressKey(std::uint64_t address) { return mix(address, 0x6c6f'636b'0000'0001u); }

void replaceInSide(std::uint64_t key, Index lock) {
  side.replace(key, lock);
  side_changes.fetch_add(1, std::memory_order_release);
}

LastUse* lastUse(std::uint64_t address) {
  if (last_uses == nullptr) return nullptr;
  return &last_uses[mix(address, 0x9) >> 20 & (kLastUses - 1)];
}

bool isReferenced(const LockRow& row) { return row.reserved8 != 0; }

void setState(LockRow& row, LockState state) {
  row.state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

Index indexOf(const LockRow* row) { return static_cast<Index>(row - current.locks); }

Index freshRow(Thread& thread) {
  if (thread.free_locks != nullptr) {
    LockRow* row = thread.free_locks;
    thread.free_locks = row->reserved == kNone ? nullptr : &current.locks[row->reserved];
    row->reserved = kNone;
    return indexOf(row);
  }
  return claim(Table::kLocks);
}

void freeRow(Thread& thread, LockRow& row) {
  row.reserved = thread.free_locks == nullptr ? kNone : indexOf(thread.free_locks);
  thread.free_locks = &row;
}

void fill(LockRow& row, Thread& thread, const Object& object, std::uint32_t generation) {
  row.state.store(0, std::memory_order_relaxed);
  row.kind = object.kind;
  row.reserved8 = 0;
  row.flags = object.flags;
  row.address = object.address;
  row.generation = generation;
  row.born_stack = kNone;
  row.first_stack = kNone;
  row.born_thread = thread.index;
  row.name = kNone;
  row.contended.store(0, std::memory_order_relaxed);
  row.detail.store(0, std::memory_order_relaxed);
  row.first_site = 0;
}

// What lived at this address before: its row when nothing refers to it, to be used again.
Index supersede(const Object& object, std::uint32_t& generation, bool& foreign_mark) {
  generation = 0;
  foreign_mark = false;
  LastUse* use = lastUse(object.address);
  if (use == nullptr || use->address.load(std::memory_order_acquire) != object.address) return kNone;
  const Index lock = use->lock.load(std::memory_order_relaxed);
  if (lock == kNone) return kNone;
  LockRow& row = current.locks[lock];
  if (row.address != object.address) return kNone;
  generation = row.generation + 1;
  const auto state = static_cast<LockState>(row.state.load(std::memory_order_relaxed));
  if (state == LockState::kDestroyed) return kNone;  // on its way through a free list
  foreign_mark = object.spare != nullptr && *object.spare != 0;
  if (isReferenced(row)) {
    if (!foreign_mark) setState(row, LockState::kReused);
    return kNone;
  }
  use->lock.store(kNone, std::memory_order_relaxed);
  return lock;
}

void noteUse(std::uint64_t address, Index lock) {
  LastUse* use = lastUse(address);
  if (use == nullptr) return;
  use->lock.store(lock, std::memory_order_relaxed);
  use->address.store(address, std::memory_order_release);
}

Index bySide(Thread& thread, const Object& object) {
  const std::uint64_t key = addressKey(object.address);
  Index lock = side.find(key);
  if (lock != kNone) return lock;
  lock = freshRow(thread);
  if (lock == kNone) return kNone;
  fill(current.locks[lock], thread, object, 0);
  setState(current.locks[lock], LockState::kLive);
  const Index winner = side.insert(key, lock);
  if (winner != lock) setState(current.locks[lock], LockState::kEmpty);
  return winner;
}

bool usesSpare(const Object& object) {
  return object.spare != nullptr && (object.flags & (record::kProcessShared | record::kRobust)) == 0;
}

std::uint64_t markFor(std::uint64_t address, Index lock) {
  return std::uint64_t{tagOf(address)} << 32 | lock;
}

Index register_(Thread& thread, const Object& object, std::uint64_t seen) {
  std::uint32_t generation = 0;
  bool foreign_mark = false;
  Index lock = supersede(object, generation, foreign_mark);
  // Somebody else writes into the bytes of a lock that we had marked: leave them to him.
  if (foreign_mark) return bySide(thread, object);
  if (lock == kNone) lock = freshRow(thread);
  if (lock == kNone) return kNone;
  LockRow& row = current.locks[lock];
  fill(row, thread, object, generation);
  setState(row, LockState::kLive);
  if (!__atomic_compare_exchange_n(object.spare, &seen, markFor(object.address, lock), false,
                                   __ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
    setState(row, LockState::kEmpty);
    freeRow(thread, row);
    const Index other = markedLock(seen, object.address);
    return other != kNone ? other : bySide(thread, object);
  }
  noteUse(object.address, lock);
  return lock;
}

}  // namespace

std::uint32_t tag_secret = 0;
std::atomic<std::uint64_t> side_changes{1};

void noteNear(Thread& thread, std::uint64_t address) {
  const std::uint64_t changes = side_changes.load(std::memory_order_acquire);  // before the look-up
  const Index lock = side.find(addressKey(address));
  if (lock != kNone) nearSlot(thread, address) = {address, markFor(address, lock), changes};
}

Index lockOf(Thread& thread, const Object& object, bool& destroyed) {
  destroyed = false;
  if (!usesSpare(object)) return bySide(thread, object);
  const std::uint64_t word = __atomic_load_n(object.spare, __ATOMIC_ACQUIRE);
  if (const Index lock = markedLock(word, object.address); lock != kNone) return lock;
  if (const Index lock = markedLock(word ^ kDestroyedMark, object.address); lock != kNone) {
    const LockRow& row = current.locks[lock];
    destroyed = row.address == object.address && row.state.load(std::memory_order_relaxed) ==
                                                     static_cast<std::uint32_t>(LockState::kDestroyed);
    if (destroyed) return lock;
  }
  if (word != 0) {
    if (const Index lock = side.find(addressKey(object.address)); lock != kNone) return lock;
  }
  return register_(thread, object, word);
}

Index knownLock(const Object& object) {
  if (!usesSpare(object)) return side.find(addressKey(object.address));
  const Index lock = markedLock(__atomic_load_n(object.spare, __ATOMIC_ACQUIRE), object.address);
  return lock != kNone ? lock : side.find(addressKey(object.address));
}

Index bearLock(Thread& thread, const Object& object, Index stack) {
  Object born = object;
  born.flags |= record::kInitialised;
  Index lock;
  if (usesSpare(object)) {
    const std::uint64_t seen = __atomic_load_n(object.spare, __ATOMIC_RELAXED);
    lock = register_(thread, born, seen);
  } else {
    const std::uint64_t key = addressKey(object.address);
    const Index before = side.find(key);
    std::uint32_t generation = 0;
    if (before != kNone) {
      generation = current.locks[before].generation + 1;
      setState(current.locks[before], LockState::kReused);
    }
    lock = freshRow(thread);
    if (lock == kNone) return kNone;
    fill(current.locks[lock], thread, born, generation);
    setState(current.locks[lock], LockState::kLive);
    replaceInSide(key, lock);
  }
  if (lock != kNone) current.locks[lock].born_stack = stack;
  return lock;
}

void destroyLock(Thread& thread, const Object& object) {
  const Index lock = knownLock(object);
  if (lock == kNone) return;
  LockRow& row = current.locks[lock];
  setState(row, LockState::kDestroyed);
  if (usesSpare(object)) {
    *object.spare = markFor(object.address, lock) ^ kDestroyedMark;
  } else {
    replaceInSide(addressKey(object.address), kNone);
  }
  if (!isReferenced(row)) freeRow(thread, row);
}

bool bearAgain(Thread& thread, const Object& object, std::uint64_t word, Index stack) {
  const Index lock = markedLock(word ^ kDestroyedMark, object.address);
  if (lock == kNone || thread.free_locks != &current.locks[lock]) return false;
  LockRow& row = current.locks[lock];
  if (row.address != object.address || row.kind != object.kind ||
      (row.flags | record::kInitialised) != (object.flags | record::kInitialised)) {
    return false;
  }
  thread.free_locks = row.reserved == kNone ? nullptr : &current.locks[row.reserved];
  row.reserved = kNone;
  row.flags |= record::kInitialised;
  ++row.generation;
  row.born_stack = stack;
  row.contended.store(0, std::memory_order_relaxed);
  setState(row, LockState::kLive);
  __atomic_store_n(object.spare, word ^ kDestroyedMark, __ATOMIC_RELEASE);
  return true;
}

void unmarkLock(const Object& object, Index lock) {
  replaceInSide(addressKey(object.address), lock);
  keepLock(lock);
  if (object.spare != nullptr) __atomic_store_n(object.spare, 0, __ATOMIC_RELEASE);
}

void keepLock(Index lock) {
  if (lock != kNone && current.locks[lock].reserved8 == 0) current.locks[lock].reserved8 = 1;
}

Index lockInChild(Thread& thread, const record::LockRow& old, std::uint64_t address) {
  const Object object{address, nullptr, old.kind, old.flags};
  const Index lock = freshRow(thread);
  if (lock == kNone) return kNone;
  fill(current.locks[lock], thread, object, 0);
  setState(current.locks[lock], LockState::kLive);
  replaceInSide(addressKey(address), lock);  // its spare bytes carry the mark of the parent
  return lock;
}

Index lockByAddress(Thread& thread, std::uint64_t address, record::LockKind kind) {
  return bySide(thread, Object{address, nullptr, kind, 0});
}

void giveLocksBack(Thread& thread) { thread.free_locks = nullptr; }

void locksAfterFork() {
  side.afterFork();
  side_changes.fetch_add(1, std::memory_order_release);
}

void prepareLocks() {
  last_uses = static_cast<LastUse*>(arena.allocate(sizeof(LastUse) * kLastUses));
  tag_secret = static_cast<std::uint32_t>(mix(nowNs(), (std::uint64_t{sys::getpid()} << 32) | 0x5ec));
}

}  // namespace gridlock::runtime
