// Which situations a thread has met already: (held chain, lock, call site, stack depth). A look in here is
// what keeps a repetition off the slow path; a situation that was dropped is only met anew.
//
// Private to its thread. Looks come from hooks, and may be interrupted by signal handlers that lock; changes
// are made inside of the shim (Inside) only.
#pragma once

#include "runtime/core/thread_state.h"
#include "runtime/core/wrappers.h"

namespace gridlock::runtime {

// In place of a lock in the cache key, for "any further lock at this place" while nothing else is held.
inline constexpr Index kAnyLock = ~Index{0};

// The cache: sets of four entries, one cache line each, the newest first. The lower half of a key tells the
// held chain and the place; the upper half is a bijection of the lock. All locks of a place share a home set,
// so that one line serves them; those that it has no room for stand in a set of their upper half.
//
// Where many locks are taken at one place, they share their section and stack: an entry for the place alone
// says which. With others held, each lock must have been met under just these: an entry tells this of 64
// locks, by their numbers.
inline constexpr std::uint64_t kCacheWays = 4;
inline std::uint64_t placeKey(std::uint64_t chain_hash, std::uint32_t how, std::uint64_t site,
                              std::uint64_t depth) {
  const std::uint64_t place = depth * 0x9e3779b97f4a7c15u + site + (std::uint64_t{how} << 48);
  const std::uint64_t x = (chain_hash ^ place) * 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}
// Of a place alone, whatever is held.
inline std::uint64_t aloneKey(std::uint32_t how, std::uint64_t site, std::uint64_t depth) {
  return placeKey(0x706c'6163'6500'0001u, how, site, depth);
}
inline std::uint64_t situation(std::uint64_t chain_hash, std::uint32_t how, Index lock, std::uint64_t site,
                               std::uint64_t depth) {
  return placeKey(chain_hash, how, site, depth) ^ lockPart(lock);
}
inline CacheEntry* findInSet(CacheEntry* set, std::uint64_t key) {
  // All four are looked at: which of them it is cannot be foretold, and a wrong guess costs more.
  static_assert(kCacheWays == 4);
  CacheEntry* found = set[3].key == key ? set + 3 : nullptr;
  found = set[2].key == key ? set + 2 : found;
  found = set[1].key == key ? set + 1 : found;
  return set[0].key == key ? set : found;
}
// A signal handler may have a table grow between two loads: its size is read first, and is written last.
template <typename Item>
inline Item* sizedBefore(Item* const& table) {
  asm volatile("" ::: "memory");
  return *const_cast<Item* const volatile*>(&table);
}
inline CacheEntry* homeSet(const Thread& thread, std::uint64_t key) {
  const std::uint64_t mask = *const_cast<const volatile std::uint64_t*>(&thread.cache_mask);
  return &sizedBefore(thread.cache)[key & mask];
}
inline CacheEntry* otherSet(const Thread& thread, std::uint64_t key) { return homeSet(thread, key >> 32); }
inline CacheEntry* findFrom(const Thread& thread, CacheEntry* home, std::uint64_t key) {
  CacheEntry* found = findInSet(home, key);
  // A set that has room never had to send anything elsewhere.
  return found != nullptr || home[kCacheWays - 1].key == 0 ? found : findInSet(otherSet(thread, key), key);
}
inline CacheEntry* findInCache(const Thread& thread, std::uint64_t key) {
  return findFrom(thread, homeSet(thread, key), key);
}
// Situations that came again lately stand ready as twins to be copied: who goes through some of them in turn
// finds each by one look. Whether it is the right one is compared, not hashed: so nothing waits for the
// answer.
inline __attribute__((always_inline)) Shadow* recentSpot(const Thread& thread, const Shadow* at,
                                                         std::uint64_t site, std::uint64_t place,
                                                         std::uint64_t mark) {
  const std::uint64_t mask = *const_cast<const volatile std::uint64_t*>(&thread.recent_mask);
  const std::uint64_t spot = ((site + place) ^ mark) + *const_cast<Shadow*>(at - 1)->lockAndHow();
  return reinterpret_cast<Shadow*>(reinterpret_cast<char*>(sizedBefore(thread.recent)) +
                                   (spot * 0x9e3779b97f4a7c15u >> 40 & mask));
}
void noteRecent(Thread& thread, const Shadow* at, const Shadow& recent);
// Whether many locks may be taken there: then none of them comes again soon, and each look would be for a
// line of memory that is not at hand.
inline constexpr std::uint64_t kManyLocksAt = 4096;
extern bool many_locks_at[kManyLocksAt] __attribute__((visibility("hidden")));
inline bool mayTakeManyAt(std::uint64_t site) { return many_locks_at[site % kManyLocksAt]; }
inline void takesManyAt(std::uint64_t site) { many_locks_at[site % kManyLocksAt] = true; }

inline Group* groupSpot(const Thread& thread, std::uint64_t key_bits, Index lock) {
  const std::uint64_t mask = *const_cast<const volatile std::uint64_t*>(&thread.group_mask);
  return &sizedBefore(thread.groups)[(key_bits + lock / kGroup) & mask];
}
inline std::uint64_t groupKey(std::uint64_t place_key, Index lock) {
  return place_key ^ std::uint64_t{lock / kGroup} << 32;
}
inline std::uint64_t bitInGroup(Index lock) { return std::uint64_t{1} << lock % kGroup; }
// Whether the lock is one of the many that were taken at this place while the same was held.
inline __attribute__((always_inline)) bool isOneOfMany(const Thread& thread, std::uint64_t place_key,
                                                       Index lock) {
  const std::uint64_t key = groupKey(place_key, lock);
  const Group* group = groupSpot(thread, place_key, lock);
  if (group->key != key) [[unlikely]] {
    group = groupSpot(thread, place_key >> 32, lock);
    if (group->key != key) return false;
  }
  return (group->locks & bitInGroup(lock)) != 0;
}
void remember(Thread& thread, std::uint64_t key, std::uint64_t value);

// The call site, the depth of the stack, and the next few return addresses, by frame pointers or out of
// wrappers: equal places, equal keys, in all threads. Only good as a key: any of the addresses may be
// nonsense.
inline __attribute__((always_inline)) std::uint64_t deepPlace(const Thread& thread, const Frame* frame,
                                                              const WrapperCall* call) {
  static constexpr std::uint64_t kOdd[] = {0xd6e8feb86659fd93u, 0x9e3779b97f4a7c15u, 0xff51afd7ed558ccdu,
                                           0xc4ceb9fe1a85ec53u};
  constexpr std::uint64_t kLargestFrame = 1u << 16;
  auto at = reinterpret_cast<std::uint64_t>(frame);
  std::uint64_t key = frame->site * 0xa0761d6478bd642fu + (thread.stack_top - at);
  std::uint64_t distance =
      call == nullptr ? kByFramePointers : call->distance.load(std::memory_order_relaxed);
  if (distance != kByFramePointers) {
    at += sizeof(Frame);
    for (const std::uint64_t odd : kOdd) {
      at += distance - 1;
      if (at + sizeof at > thread.stack_top) break;
      const std::uint64_t caller = *reinterpret_cast<const std::uint64_t*>(at);
      at += sizeof at;
      key += caller * odd;
      call = wrapperCall(caller);
      if (call == nullptr) break;
      distance = call->distance.load(std::memory_order_relaxed);
      if (distance == kByFramePointers) break;
    }
    return key;
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t next = frame->caller;
    if (next - at - 1 >= kLargestFrame || next % 8 != 0 || next + sizeof(Frame) > thread.stack_top) break;
    at = next;
    frame = reinterpret_cast<const Frame*>(at);
    key += frame->site * kOdd[i];
  }
  return key;
}
inline std::uint64_t deepPlace(const Thread& thread, const Frame* frame) {
  return deepPlace(thread, frame, wrapperCall(frame->site));
}

// What is known of a request. Where the site is a deep one (core/stack_store.h), an entry that stands for it
// only says so, and the place takes the site's part.
struct Known {
  CacheEntry* entry;      // nullptr when this situation is new
  std::uint64_t key;      // also the hash of the chain when the lock is held
  std::uint64_t any_key;  // for any lock; 0 when others are held
  std::uint64_t site;     // or deep place
  std::uint64_t depth;
  bool any;
  bool many;
  bool deep;
};
// The lock is one of many at this place, under what is held.
void joinMany(Thread& thread, std::uint64_t place_key, Index lock);
// The new situation is one of many that share their section and stack.
void rememberOneOfMany(Thread& thread, const Known& known, std::uint32_t how, Index lock,
                       std::uint64_t value);

// `deep`: the site is known to be a deep one.
inline __attribute__((always_inline)) Known findKnown(const Thread& thread, std::uint32_t how, Index lock,
                                                      const Frame* frame, bool deep) {
  Known known{nullptr, 0, 0, frame->site, reinterpret_cast<std::uint64_t>(frame), false, false, false};
  for (;;) {
    if (deep) {
      known.deep = true;
      known.site = deepPlace(thread, frame);
      known.depth = 1;
    }
    const std::uint64_t place = placeKey(thread.hash(), how, known.site, known.depth);
    known.key = place ^ lockPart(lock);
    known.entry = findInCache(thread, known.key);
    if (thread.holdsNothing()) {
      known.any_key = place ^ lockPart(kAnyLock);
      if (known.entry == nullptr) {
        known.entry = findInCache(thread, known.any_key);
        known.any = known.entry != nullptr;
      }
    } else if (known.entry == nullptr && isOneOfMany(thread, place, lock)) {
      known.entry = findInCache(thread, aloneKey(how, known.site, known.depth));
      known.many = known.entry != nullptr;
    }
    if (known.entry == nullptr || known.entry->section() != kDeepSite || known.deep) return known;
    known.entry = nullptr;
    known.any = false;
    deep = true;
  }
}

// For a new thread, whose memory may have been another's: empties what there is, or makes a first table.
bool prepareSituations(Thread& thread);

}  // namespace gridlock::runtime
