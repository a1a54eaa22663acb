// The uncontended lock and unlock, inline. Everything that is not a plain repetition of a known situation is
// left to the slow path (core/events.h); this header must not do anything that the slow path does not.
//
//   lock:   known lock? free? room on the held stack? this (held chain, lock, call site, depth) seen before?
//           → say what is asked for, call, push
//   unlock: the newest held lock, taken once, not timed? → pop, call
//
// Cost: about a nanosecond for the pair. The order of stores makes it safe against signal handlers that
// take locks between any two of them: see core/thread_state.h.
#pragma once

#include "runtime/core/events.h"
#include "runtime/core/init.h"

namespace gridlock::runtime {

#define GRIDLOCK_EXPORT extern "C" __attribute__((visibility("default")))
#define GRIDLOCK_FRAME (static_cast<const ::gridlock::runtime::Frame*>(__builtin_frame_address(0)))

struct Repetition {
  Thread* thread;
  CacheEntry known;
  std::uint64_t key;
  Index lock;

  explicit operator bool() const { return thread != nullptr; }
};

// A request that repeats a known one. `mark` is the word with the lock's number.
__attribute__((always_inline)) inline Repetition repeats(std::uint64_t address, std::uint64_t mark, Mode mode,
                                                         RequestKind request, const Frame* frame) {
  Thread* thread = tl_thread;
  const Index lock = static_cast<Index>(mark);
  if (thread->epoch != *alive || static_cast<std::uint32_t>(mark >> 32) != tagOf(address) ||
      thread->top == thread->limit) [[unlikely]] {
    return {};
  }
  const std::uint32_t how = howOf(mode, request);
  const std::uint64_t below = thread->shadowOf(thread->top)[-1].hash;
  const std::uint64_t key =
      situation(below, thread->salt + how, lock, frame->site, reinterpret_cast<std::uint64_t>(frame));
  const CacheEntry known = thread->cache[key & thread->cache_mask];
  if (known.key != key || known.section == kDeepSite) [[unlikely]]
    return {};
  *reinterpret_cast<volatile std::uint64_t*>(&thread->row->asks_for) = lock | std::uint64_t{how} << 32;
  return {thread, known, key, lock};
}

__attribute__((always_inline)) inline void push(const Repetition& now, std::uint64_t address, Mode mode,
                                                RequestKind request, const Frame* frame) {
  Thread* thread = now.thread;
  record::HeldEntry* entry = thread->top;
  Shadow* shadow = thread->shadowOf(entry);
  record::SectionRow* section = &current.sections[now.known.section];
  record::ThreadRow* row = thread->row;
  const std::uint32_t how = howOf(mode, request);
  const std::uint32_t held = row->held_count.load(std::memory_order_relaxed);
  thread->top = entry + 1;
  row->held_count.store(held + 1, std::memory_order_relaxed);
  asm volatile("" ::: "memory");
  shadow->hash = now.key;
  shadow->address = address;
  shadow->section = section;
  const std::uint16_t bottom = entry == thread->floor && held != 0 ? kShadowBottom : 0;
  *reinterpret_cast<volatile std::uint64_t*>(&shadow->lock) = now.lock | std::uint64_t{how & 0xff} << 32 |
                                                              std::uint64_t{how >> 8} << 40 |
                                                              std::uint64_t{bottom} << 48;
  entry->site = frame->site;
  *reinterpret_cast<volatile std::uint64_t*>(&entry->stack) = now.known.stack;  // and no chain
  entry->acquired_ns = 0;
  asm volatile("" ::: "memory");
  *reinterpret_cast<volatile std::uint64_t*>(&entry->lock) =
      now.lock | std::uint64_t{how & 0xff} << 32 | std::uint64_t{how >> 8} << 40;
  const std::uint64_t count = section->count.load(std::memory_order_relaxed);
  section->count.store(count + 1, std::memory_order_relaxed);
  if ((count & sample_mask) == 0) [[unlikely]]
    noteSampled(*thread);
}

// True when the newest held lock is this one and nothing special is to be done: then it is popped.
__attribute__((always_inline)) inline bool popIfNewest(std::uint64_t address, std::uint64_t site) {
  Thread* thread = tl_thread;
  if (thread->epoch != *alive) [[unlikely]]
    return false;
  record::HeldEntry* entry = thread->top - 1;
  Shadow* shadow = thread->shadowOf(entry);
  if (shadow->address != address || (shadow->flags & kShadowUnlockSlow) != 0) [[unlikely]]
    return false;
  if (shadow->section->exits[0] != site) [[unlikely]]
    noteExit(*shadow->section, site);
  popHeld(*thread);
  return true;
}

}  // namespace gridlock::runtime
