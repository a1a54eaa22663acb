// The uncontended lock and unlock, inline. Everything that is not a plain repetition of a known situation is
// left to the slow path (core/events.h); this header must not do anything that the slow path does not.
//
//   lock:   what was taken last at this depth, from the same place? else: another lock where many are taken?
//           else: a known situation (held chain, lock, call site, depth)?
//           → say what is asked for, have the entry above the top ready, take, raise the top
//   unlock: the newest held lock, taken once, not timed? → lower the top, give
//
// Cost: a few stores beside the real lock. Why signal handlers that take locks in the middle of it do no
// harm: see core/thread_state.h.
#pragma once

#include "runtime/core/events.h"
#include "runtime/core/init.h"

namespace gridlock::runtime {

// Whether readers of a free lock may come and go without libc: tried out on a lock of our own.
void proveReaders();

#define GRIDLOCK_EXPORT extern "C" __attribute__((visibility("default")))
#define GRIDLOCK_FRAME (static_cast<const ::gridlock::runtime::Frame*>(__builtin_frame_address(0)))
#define GRIDLOCK_INLINE __attribute__((always_inline)) inline

GRIDLOCK_INLINE void ask(Thread* thread, Index lock, std::uint32_t how) {
  *reinterpret_cast<volatile std::uint64_t*>(&thread->row->asks_for) = lock | std::uint64_t{how} << 32;
}

GRIDLOCK_INLINE bool isMarkOf(std::uint64_t mark, std::uint64_t address) {
  return static_cast<std::uint32_t>(mark >> 32) == tagOf(address);
}

// The hash of the chain when another lock is taken at the place where this one was.
GRIDLOCK_INLINE std::uint64_t hashOfAnother(const Shadow& shadow, std::uint64_t mark) {
  return shadow.hash ^ lockPart(static_cast<Index>(shadow.mark)) ^ lockPart(static_cast<Index>(mark));
}

// The part of an entry that differs from lock to lock.
GRIDLOCK_INLINE void putLock(Thread* thread, Shadow* shadow, std::uint64_t address, std::uint64_t mark,
                             std::uint32_t how, std::uint64_t hash, std::uint16_t flags) {
  const std::uint64_t lock_and_how = static_cast<Index>(mark) | std::uint64_t{how} << 32;
  shadow->mark = mark;
  shadow->address = address;
  shadow->hash = hash;
  *shadow->lockAndHow() = lock_and_how | std::uint64_t{flags} << 48;
  shadow[1].mark = kNoMark;
  record::HeldEntry* entry = thread->entryOf(shadow);
  *const_cast<volatile Index*>(&entry->chain) = kNone;
  *reinterpret_cast<volatile std::uint64_t*>(&entry->lock) = lock_and_how;
  ask(thread, static_cast<Index>(mark), how);
}

// True when the request repeats the last one at this depth: then it is said, and the entry above the top is
// ready. `mark` is the word with the lock's number. Where many locks are taken with nothing else held, one
// entry of the cache stands for all of them: there another lock is as good as the same again.
GRIDLOCK_INLINE bool repeats(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                             RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top;
  if (shadow->site != frame->site || shadow->place != placeWord(frame, mode, request)) return false;
  if (shadow->mark == mark) [[likely]] {
    ask(thread, static_cast<Index>(mark), howOf(mode, request));
    return true;
  }
  if ((shadow->flags & kShadowAnyLock) == 0 || shadow->mark == kNoMark || !isMarkOf(mark, address))
    return false;
  shadow->plain = address;  // with nothing else held, no block is left
  putLock(thread, shadow, address, mark, howOf(mode, request), hashOfAnother(*shadow, mark), kShadowAnyLock);
  return true;
}

// Whether the last situation at this depth was one of a deep site (core/stack_store.h): then this one may be
// too.
GRIDLOCK_INLINE bool isDeep(Thread* thread) {
  return thread->gate() != 0 && (thread->top->flags & kShadowDeep) != 0;
}

// The same at a deep site, where the return addresses further out are to be the same too.
GRIDLOCK_INLINE bool repeatsDeep(Thread* thread, Shadow* shadow, std::uint64_t address, std::uint64_t mark,
                                 Mode mode, RequestKind request, const Frame* frame) {
  if ((shadow->flags & kShadowDeep) == 0 || shadow->mark == kNoMark ||
      shadow->place != placeWord(frame, mode, request)) {
    return false;
  }
  const std::uint64_t site = deepPlace(*thread, frame);
  if (shadow->site != site) return false;
  if (shadow->mark == mark) {
    ask(thread, static_cast<Index>(mark), howOf(mode, request));
    return true;
  }
  if ((shadow->flags & kShadowAnyLock) == 0 || !isMarkOf(mark, address)) return false;
  shadow->plain = address;
  putLock(thread, shadow, address, mark, howOf(mode, request), hashOfAnother(*shadow, mark), shadow->flags);
  return true;
}

// What the cache knows goes into the entry. The first few acquisitions of a section are all timed: they go
// the slow way.
GRIDLOCK_INLINE bool putKnown(Thread* thread, Shadow* shadow, const CacheEntry& known, std::uint64_t address,
                              std::uint64_t mark, std::uint32_t how, std::uint64_t site, std::uint64_t place,
                              const Frame* frame, std::uint64_t hash, std::uint16_t flags) {
  record::SectionRow* section = &current.sections[known.section];
  if (isFirst(section->count.load(std::memory_order_relaxed))) [[unlikely]]
    return false;
  record::HeldEntry* entry = thread->entryOf(shadow);
  entry->site = frame->site;
  entry->stack = known.stack;
  shadow->site = site;
  shadow->place = place;
  shadow->section = section;
  shadow->plain = shadow == thread->floor && thread->has_older ? kNowhere : address;
  putLock(thread, shadow, address, mark, how, hash, flags);
  return true;
}

// A known situation, but at a deep site. False: prepareFromCache().
GRIDLOCK_INLINE bool prepareKnown(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                                  RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top;
  if (shadow == thread->limit || (shadow->flags & kShadowDeep) != 0 || !isMarkOf(mark, address)) [[unlikely]]
    return false;
  const std::uint32_t how = howOf(mode, request);
  const std::uint64_t place_key =
      placeKey(shadow[-1].hash, how, frame->site, reinterpret_cast<std::uint64_t>(frame));
  const std::uint64_t key = place_key ^ lockPart(static_cast<Index>(mark));
  CacheEntry* home = homeSet(*thread, place_key);
  const CacheEntry* known = findInSet(home, key);
  std::uint16_t flags = 0;
  if (known == nullptr && thread->holdsNothing()) {
    known = findInSet(home, place_key ^ lockPart(kAnyLock));
    if (known != nullptr) flags = kShadowAnyLock;
  }
  if (known == nullptr && home[kCacheWays - 1].key != 0) known = findInSet(otherSet(*thread, key), key);
  if (known == nullptr) [[unlikely]]
    return false;
  if (known->section == kDeepSite) [[unlikely]]
    return false;
  return putKnown(thread, shadow, *known, address, mark, how, frame->site, placeWord(frame, mode, request),
                  frame, key, flags);
}

// Any known situation.
GRIDLOCK_INLINE bool prepareFromCache(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                                      RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top;
  if (repeatsDeep(thread, shadow, address, mark, mode, request, frame)) return true;
  if (shadow == thread->limit || !isMarkOf(mark, address)) [[unlikely]]
    return false;
  const std::uint32_t how = howOf(mode, request);
  const std::uint64_t place = placeWord(frame, mode, request);
  const bool deep = (shadow->flags & kShadowDeep) != 0 && shadow->place == place;
  const Known known = findKnown(*thread, how, static_cast<Index>(mark), frame, deep);
  if (known.entry == nullptr || known.entry->section == kDeepSite) [[unlikely]]
    return false;
  return putKnown(
      thread, shadow, *known.entry, address, mark, how, known.site, place, frame, known.key,
      static_cast<std::uint16_t>((known.any ? kShadowAnyLock : 0) | (known.deep ? kShadowDeep : 0)));
}

// The prepared lock was taken.
enum class Raised {
  kWell,
  kToBeTimed,    // sampleNewest() is to follow
  kOverwritten,  // by a signal handler: repairTop() is to follow
};

GRIDLOCK_INLINE Raised raise(Thread* thread, std::uint64_t address) {
  Shadow* shadow = thread->top;
  thread->top = shadow + 1;
  asm volatile("" ::: "memory");
  thread->row->held_count.store(thread->countAt(shadow + 1), std::memory_order_release);
  if (shadow->address != address) [[unlikely]]
    return Raised::kOverwritten;
  std::atomic<std::uint64_t>& count = shadow->section->count;
  const std::uint64_t taken = count.load(std::memory_order_relaxed) + 1;
  count.store(taken, std::memory_order_relaxed);
  return (taken & sample_mask) == 0 ? Raised::kToBeTimed : Raised::kWell;
}

// Both, for locks that libc takes.
GRIDLOCK_INLINE void raiseAfterCall(const Object& object, Mode mode, RequestKind request,
                                    const Frame* frame) {
  const Raised raised = raise(tl_thread, object.address);
  if (raised == Raised::kOverwritten) [[unlikely]]
    repairTop(object, mode, request, frame);
  if (raised == Raised::kToBeTimed) [[unlikely]]
    sampleNewest();
}

// True when the newest held lock is this one and nothing special is to be done: then it is popped.
GRIDLOCK_INLINE bool popIfNewest(Thread* thread, std::uint64_t address) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top - 1;
  if (shadow->plain != address) [[unlikely]]
    return false;
  thread->top = shadow;
  asm volatile("" ::: "memory");
  thread->row->held_count.store(thread->countAt(shadow), std::memory_order_release);
  return true;
}

}  // namespace gridlock::runtime
