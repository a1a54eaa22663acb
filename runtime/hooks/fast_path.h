// The uncontended lock and unlock, inline. Everything that is not a plain repetition of a known situation is
// left to the slow path (core/events.h); this header must not do anything that the slow path does not.
//
//   lock:   known lock? free? room on the held stack? this (held chain, lock, call site, depth) seen before?
//           → say what is asked for, prepare the entry, call, raise the top
//   unlock: the newest held lock, taken once, not timed? → lower the top, call
//
// Cost: a few stores and no call but the real one. Why signal handlers that take locks in the middle of it do
// no harm: see core/thread_state.h.
#pragma once

#include "runtime/core/events.h"
#include "runtime/core/init.h"

namespace gridlock::runtime {

#define GRIDLOCK_EXPORT extern "C" __attribute__((visibility("default")))
#define GRIDLOCK_FRAME (static_cast<const ::gridlock::runtime::Frame*>(__builtin_frame_address(0)))

// Says what is asked for, when the entry above the top is prepared. False for acquisitions that are to be
// timed: they go the slow way, so that nothing has to be kept for after the call.
__attribute__((always_inline)) inline bool ask(Thread* thread, const Shadow* shadow,
                                               std::uint64_t lock_and_how) {
  if (isSampled(shadow->section->count.load(std::memory_order_relaxed))) [[unlikely]]
    return false;
  *reinterpret_cast<volatile std::uint64_t*>(&thread->row->asks_for) = lock_and_how;
  return true;
}

// What prepare() and prepareFromCache() made of a request: for the slow path, perhaps in the cache, or said
// and prepared.
enum class Prepared { kNo, kLookInCache, kYes };

// A request that repeats a known one: says what is asked for and prepares the entry above the top of the held
// stack. `mark` is the word with the lock's number. What stands above the top from the last time often is
// this very situation; then nothing is written but the request, and few registers are needed. Otherwise
// prepareFromCache() is to follow, with the key.
__attribute__((always_inline)) inline Prepared prepare(std::uint64_t address, std::uint64_t mark, Mode mode,
                                                       RequestKind request, const Frame* frame,
                                                       std::uint64_t& key) {
  Thread* thread = tl_thread;
  record::HeldEntry* entry = thread->top;
  if (thread->epoch != *alive || static_cast<std::uint32_t>(mark >> 32) != tagOf(address) ||
      entry == thread->limit) [[unlikely]] {
    return Prepared::kNo;
  }
  const std::uint32_t how = howOf(mode, request);
  const Index lock = static_cast<Index>(mark);
  const std::uint64_t lock_and_how = lock | std::uint64_t{how} << 32;
  key = situation(thread->hash, how, lock, frame->site, reinterpret_cast<std::uint64_t>(frame));
  Shadow* shadow = thread->shadowOf(entry);
  if (shadow->hash != key || shadow->address != address ||
      *shadow->lockAndHow() != (lock_and_how | kOnlySection)) {
    return Prepared::kLookInCache;
  }
  return ask(thread, shadow, lock_and_how) ? Prepared::kYes : Prepared::kNo;
}

__attribute__((always_inline)) inline bool prepareFromCache(std::uint64_t address, std::uint64_t mark,
                                                            Mode mode, RequestKind request,
                                                            const Frame* frame, std::uint64_t key) {
  Thread* thread = tl_thread;
  record::HeldEntry* entry = thread->top;
  if (entry == thread->limit) [[unlikely]]
    return false;  // a signal handler came in between and still holds a lock
  const std::uint32_t how = howOf(mode, request);
  const std::uint64_t lock_and_how = static_cast<Index>(mark) | std::uint64_t{how} << 32;
  const CacheEntry* known = &thread->cache[key & thread->cache_mask];
  if (known->key != key) [[unlikely]] {
    // Where many locks are taken with nothing else held, one entry stands for all of them.
    if (entry != thread->floor || thread->slow_floor != nullptr) return false;
    const std::uint64_t any =
        situation(thread->hash, how, kAnyLock, frame->site, reinterpret_cast<std::uint64_t>(frame));
    known = &thread->cache[any & thread->cache_mask];
    if (known->key != any) return false;
  }
  if (known->section == kDeepSite) [[unlikely]]
    return false;
  record::SectionRow* section = &current.sections[known->section];
  Shadow* shadow = thread->shadowOf(entry);
  shadow->hash = key;
  shadow->address = address;
  *shadow->lockAndHow() = lock_and_how | kOnlySection;
  shadow->section = section;
  *reinterpret_cast<volatile std::uint64_t*>(&entry->lock) = lock_and_how;
  entry->site = frame->site;
  *reinterpret_cast<volatile std::uint64_t*>(&entry->stack) = known->stack;  // and no chain
  return ask(thread, shadow, lock_and_how);
}

// The prepared lock was taken. False when a signal handler had overwritten the entry: see repairTop.
__attribute__((always_inline)) inline bool raise(std::uint64_t address) {
  Thread* thread = tl_thread;
  record::HeldEntry* entry = thread->top;
  const Shadow* shadow = thread->shadowOf(entry);
  thread->top = entry + 1;
  asm volatile("" ::: "memory");
  thread->row->held_count.store(thread->countAt(entry + 1), std::memory_order_release);
  if (shadow->address != address) [[unlikely]]
    return false;
  thread->hash = shadow->hash;
  std::atomic<std::uint64_t>& count = shadow->section->count;
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

// True when the newest held lock is this one and nothing special is to be done: then it is popped.
__attribute__((always_inline)) inline bool popIfNewest(std::uint64_t address) {
  Thread* thread = tl_thread;
  if (thread->epoch != *alive) [[unlikely]]
    return false;
  record::HeldEntry* entry = thread->top - 1;
  const Shadow* shadow = thread->shadowOf(entry);
  if (shadow->address != address || (shadow->flags & kShadowUnlockSlow) != 0 || entry == thread->slow_floor)
      [[unlikely]] {
    return false;
  }
  thread->top = entry;
  asm volatile("" ::: "memory");
  thread->hash = shadow[-1].hash;
  thread->row->held_count.store(thread->countAt(entry), std::memory_order_release);
  return true;
}

}  // namespace gridlock::runtime
