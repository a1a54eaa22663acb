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

// A request that repeats a known one: says what is asked for and prepares the entry above the top of the held
// stack. False when this is not for the fast path. `mark` is the word with the lock's number.
//
// Real locks wait until all stores before them are done: each store here is paid in full. What stands
// above the top from the last time often is this very situation; then nothing is written at all. Acquisitions
// that are to be timed go the slow way, so that nothing has to be kept for after the call.
__attribute__((always_inline)) inline bool prepare(std::uint64_t address, std::uint64_t mark, Mode mode,
                                                   RequestKind request, const Frame* frame) {
  Thread* thread = tl_thread;
  const Index lock = static_cast<Index>(mark);
  record::HeldEntry* entry = thread->top;
  if (thread->epoch != *alive || static_cast<std::uint32_t>(mark >> 32) != tagOf(address) ||
      entry == thread->limit) [[unlikely]] {
    return false;
  }
  const std::uint32_t how = howOf(mode, request);
  const auto depth = reinterpret_cast<std::uint64_t>(frame);
  const std::uint64_t key = situation(thread->hash, how, lock, frame->site, depth);
  const std::uint64_t lock_and_how = lock | std::uint64_t{how & 0xff} << 32 | std::uint64_t{how >> 8} << 40;
  const std::uint64_t with_flags = lock_and_how | std::uint64_t{kShadowSection} << 48;
  Shadow* shadow = thread->shadowOf(entry);
  auto* twin_lock = reinterpret_cast<volatile std::uint64_t*>(&shadow->lock);
  if (shadow->hash != key || shadow->address != address || *twin_lock != with_flags) {
    const CacheEntry* known = &thread->cache[key & thread->cache_mask];
    if (known->key != key) [[unlikely]] {
      // Where many locks are taken with nothing else held, one entry stands for all of them.
      if (entry != thread->floor || thread->slow_floor != nullptr) return false;
      const std::uint64_t any = situation(thread->hash, how, kAnyLock, frame->site, depth);
      known = &thread->cache[any & thread->cache_mask];
      if (known->key != any) return false;
    }
    if (known->section == kDeepSite) [[unlikely]]
      return false;
    shadow->hash = key;
    shadow->address = address;
    *twin_lock = with_flags;
    shadow->section = &current.sections[known->section];
    *reinterpret_cast<volatile std::uint64_t*>(&entry->lock) = lock_and_how;
    entry->site = frame->site;
    *reinterpret_cast<volatile std::uint64_t*>(&entry->stack) = known->stack;  // and no chain
  }
  if (isSampled(shadow->section->count.load(std::memory_order_relaxed))) [[unlikely]]
    return false;
  *reinterpret_cast<volatile std::uint64_t*>(&thread->row->asks_for) = lock | std::uint64_t{how} << 32;
  return true;
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
