// The uncontended lock and unlock, inline. Everything that is not a plain repetition of a known situation is
// left to the slow path (core/events.h); this header must not do anything that the slow path does not.
//
//   lock:   what was taken last at this depth, from the same place? else: another lock where many are taken?
//           else: a known situation (held chain, lock, call site, depth)?
//           → have the entry above the top ready: it says what is asked for. Take, raise the top
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

GRIDLOCK_INLINE bool isMarkOf(std::uint64_t mark, std::uint64_t address) {
  return static_cast<std::uint32_t>(mark >> 32) == tagOf(address);
}

// What stands above was known for another lock below it. A look costs less than a store: every store before
// the lock is one that its atomic operation waits for.
GRIDLOCK_INLINE void forgetAbove(Shadow* shadow) {
  if (shadow[1].mark != kNoMark) shadow[1].mark = kNoMark;
}

// The entry's stack; its chain is not known yet.
GRIDLOCK_INLINE void putStack(record::HeldEntry* entry, Index stack) {
  static_assert(offsetof(record::HeldEntry, chain) == offsetof(record::HeldEntry, stack) + sizeof(Index));
  *reinterpret_cast<volatile std::uint64_t*>(&entry->stack) = stack;
}

// Another lock at the place where the last one was taken at this depth. False when a signal handler came
// between: then the entry is its own.
GRIDLOCK_INLINE bool putAnother(Thread* thread, Shadow* shadow, std::uint64_t address, std::uint64_t mark,
                                std::uint64_t place, std::uint64_t place_key) {
  *const_cast<volatile std::uint64_t*>(&shadow->held_at) = address;
  asm volatile("" ::: "memory");
  if (shadow->place != place) [[unlikely]]
    return false;
  if (shadow->place_key != place_key) shadow->place_key = place_key;  // something else is held below
  *const_cast<volatile Index*>(&shadow->lock) = static_cast<Index>(mark);
  record::HeldEntry* entry = thread->entryOf(shadow);
  *reinterpret_cast<volatile Index*>(&entry->lock) = static_cast<Index>(mark);
  if (entry->chain != kNone) [[unlikely]]
    *const_cast<volatile Index*>(&entry->chain) = kNone;
  forgetAbove(shadow);
  return true;
}

// True when the request repeats the last one at this depth: then the entry above the top is ready. `mark` is
// the word with the lock's number. Where many locks are taken with nothing else held, one entry of the cache
// stands for all of them: there another lock is as good as the same again.
GRIDLOCK_INLINE bool repeats(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                             RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top;
  const std::uint64_t place = placeWord(frame, mode, request);
  if (shadow->site != frame->site || shadow->place != place) return false;
  if (shadow->mark == mark) [[likely]]
    return true;
  return (shadow->flags & kShadowAnyLock) != 0 && isMarkOf(mark, address) &&
         putAnother(thread, shadow, address, mark, place, shadow->place_key);
}

// One of many was taken last at this depth, at the same site: what comes now may be another one.
GRIDLOCK_INLINE bool lastWasOneOfMany(Thread* thread, const Frame* frame) {
  const Shadow* shadow = thread->top;
  return (shadow->flags & kShadowManyLocks) != 0 && shadow->site == frame->site;
}

// A known situation goes into the entry above the top.
GRIDLOCK_INLINE void putDown(Thread* thread, Shadow* shadow, record::SectionRow* section, Index stack,
                             std::uint64_t held_at, std::uint64_t mark, std::uint32_t how, std::uint64_t site,
                             std::uint64_t place, const Frame* frame, std::uint64_t place_key,
                             std::uint16_t flags) {
  record::HeldEntry* entry = thread->entryOf(shadow);
  const std::uint64_t lock_and_how = static_cast<Index>(mark) | std::uint64_t{how} << 32;
  entry->site = frame->site;
  putStack(entry, stack);
  shadow->site = site;
  shadow->place = place;
  shadow->section = section;
  shadow->held_at = held_at;
  shadow->place_key = place_key;
  shadow->mark = (flags & kShadowAnyLock) != 0 ? kNoMark : mark;  // there the place alone tells
  *shadow->lockAndHow() = lock_and_how | std::uint64_t{flags} << 48;
  *reinterpret_cast<volatile std::uint64_t*>(&entry->lock) = lock_and_how;
  forgetAbove(shadow);
}

// What the cache knows. The first few acquisitions of a section are all timed: they go the slow way.
GRIDLOCK_INLINE bool putKnown(Thread* thread, Shadow* shadow, std::uint64_t known, std::uint64_t address,
                              std::uint64_t mark, std::uint32_t how, std::uint64_t site, std::uint64_t place,
                              const Frame* frame, std::uint64_t place_key, std::uint16_t flags) {
  record::SectionRow* section = &current.sections[static_cast<Index>(known)];
  if (isFirst(section->count.load(std::memory_order_relaxed))) [[unlikely]]
    return false;
  const auto stack = static_cast<Index>(known >> 32);
  const bool in_further_block = shadow == thread->floor && thread->has_older;
  if (in_further_block) flags &= static_cast<std::uint16_t>(~kShadowManyLocks);
  putDown(thread, shadow, section, stack, in_further_block ? address | kUnlockSlowly : address, mark, how,
          site, place, frame, place_key, flags);
  if (!in_further_block && (flags & (kShadowAnyLock | kShadowManyLocks)) == 0 && !mayTakeManyAt(site)) {
    Inside inside(thread);
    Shadow recent = *shadow;
    recent.stack = stack;
    recent.below = static_cast<std::uint32_t>(shadow[-1].hash());
    noteRecent(*thread, shadow, recent);
  }
  return true;
}

// A situation that came again lately. `site` may be a deep place.
GRIDLOCK_INLINE bool prepareRecent(Thread* thread, std::uint64_t mark, Mode mode, RequestKind request,
                                   const Frame* frame, std::uint64_t site) {
  if (mayTakeManyAt(site)) return false;
  Shadow* shadow = thread->top;
  const std::uint64_t place = placeWord(frame, mode, request);
  const Shadow* recent = recentSpot(*thread, shadow, site, place, mark);
  if (recent->site != site || recent->place != place || recent->mark != mark ||
      recent->below != static_cast<std::uint32_t>(shadow[-1].hash()) || shadow == thread->limit) {
    return false;
  }
  record::HeldEntry* entry = thread->entryOf(shadow);
  entry->site = frame->site;
  putStack(entry, recent->stack);
  *shadow = *recent;
  *reinterpret_cast<volatile std::uint64_t*>(&entry->lock) =
      static_cast<Index>(mark) | std::uint64_t{howOf(mode, request)} << 32;
  forgetAbove(shadow);
  asm volatile("" ::: "memory");
  // A signal handler that has put another one there did so from another frame.
  return *const_cast<const volatile std::uint64_t*>(&recent->place) == place;
}

// Another of the many locks that are taken at the place of the last one at this depth, with others held:
// known when it was met under just these. False: prepareKnown().
GRIDLOCK_INLINE bool prepareOneOfMany(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                                      RequestKind request, const Frame* frame) {
  Shadow* shadow = thread->top;
  const std::uint64_t place = placeWord(frame, mode, request);
  if (shadow->site != frame->site || shadow->place != place || !isMarkOf(mark, address)) return false;
  const std::uint64_t place_key =
      placeKey(shadow[-1].hash(), howOf(mode, request), frame->site, reinterpret_cast<std::uint64_t>(frame));
  const auto lock = static_cast<Index>(mark);
  if (!isOneOfMany(*thread, place_key, lock)) return false;
  // A mark is worth its store only where the same lock comes again.
  const std::uint64_t kept = shadow->lock == lock ? mark : kNoMark;
  if (!putAnother(thread, shadow, address, mark, place, place_key)) [[unlikely]]
    return false;
  if (shadow->mark != kept) shadow->mark = kept;
  return true;
}

// A known situation. `site` is the call site, or the deep place, and `depth` goes with it.
GRIDLOCK_INLINE bool prepareAt(Thread* thread, Shadow* shadow, std::uint64_t address, std::uint64_t mark,
                               std::uint32_t how, std::uint64_t site, std::uint64_t depth,
                               std::uint64_t place_key, std::uint64_t place, const Frame* frame,
                               std::uint16_t flags) {
  const auto lock = static_cast<Index>(mark);
  const std::uint64_t key = place_key ^ lockPart(lock);
  CacheEntry* home = homeSet(*thread, place_key);
  const CacheEntry* known = findInSet(home, key);
  if (thread->holdsNothing()) {
    if (known == nullptr && (known = findInSet(home, place_key ^ lockPart(kAnyLock))) != nullptr)
      flags |= kShadowAnyLock;
    if (known == nullptr && home[kCacheWays - 1].key != 0) known = findInSet(otherSet(*thread, key), key);
  } else {
    if (known == nullptr && isOneOfMany(*thread, place_key, lock)) {
      known = findInCache(*thread, aloneKey(how, site, depth));
      flags |= kShadowManyLocks;
    } else if (known == nullptr && home[kCacheWays - 1].key != 0) {
      known = findInSet(otherSet(*thread, key), key);
    }
    // Met before many were: from now on it is one of them.
    if (known != nullptr && (flags & kShadowManyLocks) == 0 && (shadow->flags & kShadowManyLocks) != 0 &&
        shadow->place == place && shadow->site == site) [[unlikely]] {
      Inside inside(thread);
      joinMany(*thread, place_key, lock);
      return false;
    }
  }
  if (known == nullptr || known->section() == kDeepSite) [[unlikely]]
    return false;
  return putKnown(thread, shadow, known->value, address, mark, how, site, place, frame, place_key, flags);
}

// But at a deep site. False: prepareFromCache().
GRIDLOCK_INLINE bool prepareKnown(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                                  RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top;
  if (shadow == thread->limit || !isMarkOf(mark, address)) [[unlikely]]
    return false;
  const std::uint32_t how = howOf(mode, request);
  const auto depth = reinterpret_cast<std::uint64_t>(frame);
  return prepareAt(thread, shadow, address, mark, how, frame->site, depth,
                   placeKey(shadow[-1].hash(), how, frame->site, depth), placeWord(frame, mode, request),
                   frame, 0);
}

// True when the request repeats the last one at this depth, at a deep site (core/wrappers.h): where the
// return addresses further out are the same too. `site`: its deepPlace().
GRIDLOCK_INLINE bool repeatsDeep(Thread* thread, std::uint64_t site, std::uint64_t address,
                                 std::uint64_t mark, Mode mode, RequestKind request, const Frame* frame) {
  Shadow* shadow = thread->top;
  const std::uint64_t place = placeWord(frame, mode, request);
  if (shadow->site != site || shadow->place != place) return false;
  return shadow->mark == mark || ((shadow->flags & kShadowAnyLock) != 0 && isMarkOf(mark, address) &&
                                  putAnother(thread, shadow, address, mark, place, shadow->place_key));
}

// Another one of many there, or any known situation at a deep site. False: the slow path.
GRIDLOCK_INLINE bool prepareDeep(Thread* thread, std::uint64_t site, std::uint64_t address,
                                 std::uint64_t mark, Mode mode, RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  Shadow* shadow = thread->top;
  if (shadow == thread->limit || !isMarkOf(mark, address)) [[unlikely]]
    return false;
  const std::uint64_t place = placeWord(frame, mode, request);
  const std::uint32_t how = howOf(mode, request);
  const std::uint64_t place_key = placeKey(shadow[-1].hash(), how, site, 1);
  if (shadow->site == site && shadow->place == place && (shadow->flags & kShadowManyLocks) != 0 &&
      isOneOfMany(*thread, place_key, static_cast<Index>(mark))) {
    shadow->mark = kNoMark;
    return putAnother(thread, shadow, address, mark, place, place_key);
  }
  return prepareAt(thread, shadow, address, mark, how, site, 1, place_key, place, frame, kShadowDeep);
}

// Any known situation.
GRIDLOCK_INLINE bool prepareFromCache(Thread* thread, std::uint64_t address, std::uint64_t mark, Mode mode,
                                      RequestKind request, const Frame* frame) {
  if (thread->gate() == 0) [[unlikely]]
    return false;
  if (const WrapperCall* call = wrapperCall(frame->site); call != nullptr) {
    const std::uint64_t site = deepPlace(*thread, frame, call);
    return repeatsDeep(thread, site, address, mark, mode, request, frame) ||
           prepareDeep(thread, site, address, mark, mode, request, frame);
  }
  Shadow* shadow = thread->top;
  if (shadow == thread->limit || !isMarkOf(mark, address)) [[unlikely]]
    return false;
  const std::uint32_t how = howOf(mode, request);
  const std::uint64_t place = placeWord(frame, mode, request);
  const Known known = findKnown(*thread, how, static_cast<Index>(mark), frame, false);
  if (known.entry == nullptr || known.entry->section() == kDeepSite) [[unlikely]]
    return false;
  const std::uint32_t flags = (known.any ? unsigned{kShadowAnyLock} : 0u) |
                              (known.many ? unsigned{kShadowManyLocks} : 0u) |
                              (known.deep ? unsigned{kShadowDeep} : 0u);
  return putKnown(thread, shadow, known.entry->value, address, mark, how, known.site, place, frame,
                  known.key ^ lockPart(static_cast<Index>(mark)), static_cast<std::uint16_t>(flags));
}

// The prepared lock was taken.
enum class Raised {
  kWell,
  kToBeTimed,    // sampleNewest() is to follow
  kOverwritten,  // by a signal handler: repairTop() is to follow
};

template <bool is_at_exactly = false>
GRIDLOCK_INLINE Raised raise(Thread* thread, std::uint64_t address) {
  Shadow* shadow = thread->top;
  thread->top = shadow + 1;
  asm volatile("" ::: "memory");
  thread->row->held_count.store(thread->countAt(shadow + 1), std::memory_order_release);
  if (is_at_exactly ? shadow->held_at != address : !shadow->isAt(address)) [[unlikely]]
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
  if (shadow->held_at != address) [[unlikely]]
    return false;
  thread->top = shadow;
  asm volatile("" ::: "memory");
  thread->row->held_count.store(thread->countAt(shadow), std::memory_order_release);
  return true;
}

}  // namespace gridlock::runtime
