// See situations.h. Tables double when they lose too much; outgrown ones stay where they are, because a hook
// may have been interrupted in one.

#include "runtime/core/situations.h"

#include "runtime/base/arena.h"

namespace gridlock::runtime {

Group no_groups{0, 0};
bool many_locks_at[kManyLocksAt];

namespace {

constexpr std::uint64_t kFirstCache = 256;  // entries
constexpr std::uint64_t kLargestCache = 65536;
constexpr std::uint64_t kFirstGroups = 256;
constexpr std::uint64_t kFirstRecent = 64;
constexpr std::uint64_t kLargestRecent = 256;

std::uint64_t cacheEntries(const Thread& thread) { return thread.cache_mask + kCacheWays; }

CacheEntry insertFront(CacheEntry* set, const CacheEntry& entry) {
  const CacheEntry last = set[kCacheWays - 1];
  for (std::uint64_t i = kCacheWays - 1; i > 0; --i) set[i] = set[i - 1];
  set[0] = entry;
  return last;
}

// Into its home set; the oldest of that goes elsewhere. Says whether another situation had to go.
bool insertInCache(Thread& thread, const CacheEntry& entry) {
  CacheEntry* home = homeSet(thread, entry.key);
  const CacheEntry oldest = insertFront(home, entry);
  if (oldest.key == 0) return false;
  CacheEntry* other = otherSet(thread, oldest.key);
  if (other == home) return true;
  return insertFront(other, oldest).key != 0;
}

std::uint64_t recentEntries(const Thread& thread) { return thread.recent_mask / sizeof(Shadow) + 1; }

void forgetRecent(Thread& thread) {
  for (std::uint64_t i = 0; thread.recent != nullptr && i < recentEntries(thread); ++i)
    thread.recent[i].forget();
}

void setRecent(Thread& thread, std::uint64_t entries) {
  thread.lost_recent = 0;
  auto* recent = static_cast<Shadow*>(arena.allocate(entries * sizeof(Shadow)));
  if (recent == nullptr) return;
  thread.recent = recent;
  asm volatile("" ::: "memory");
  thread.recent_mask = (entries - 1) * sizeof(Shadow);
}

void setCache(Thread& thread, std::uint64_t entries) {
  auto* cache = static_cast<CacheEntry*>(arena.allocate(entries * sizeof(CacheEntry)));
  if (cache == nullptr) return;
  const CacheEntry* old = thread.cache;
  const std::uint64_t old_entries = old == nullptr ? 0 : cacheEntries(thread);
  thread.cache = cache;
  asm volatile("" ::: "memory");
  thread.cache_mask = entries - kCacheWays;
  thread.evictions = 0;
  for (std::uint64_t i = old_entries; i-- > 0;) {
    if (old[i].key != 0) insertInCache(thread, old[i]);
  }
}

}  // namespace

bool prepareSituations(Thread& thread) {
  forgetRecent(thread);
  if (thread.recent == nullptr) setRecent(thread, kFirstRecent);
  if (thread.cache == nullptr) setCache(thread, kFirstCache);
  if (thread.cache == nullptr || thread.recent == nullptr) return false;
  for (std::uint64_t i = 0; i < cacheEntries(thread); ++i) thread.cache[i] = CacheEntry{};
  for (std::uint64_t i = 0; thread.group_mask != 0 && i <= thread.group_mask; ++i) thread.groups[i] = Group{};
  return true;
}

void remember(Thread& thread, std::uint64_t key, std::uint64_t value) {
  if (CacheEntry* known = findInCache(thread, key); known != nullptr) {
    if (known->value != value) forgetRecent(thread);
    known->value = value;
    return;
  }
  if (insertInCache(thread, {key, value}) && ++thread.evictions > cacheEntries(thread) / 32 &&
      cacheEntries(thread) < kLargestCache) {
    setCache(thread, cacheEntries(thread) * 2);
  }
}

void noteRecent(Thread& thread, const Shadow* at, const Shadow& recent) {
  Shadow* spot = recentSpot(thread, at, recent.site, recent.place, recent.mark);
  const bool is_lost = spot->place != 0 && (spot->mark != recent.mark || spot->site != recent.site);
  if (is_lost && ++thread.lost_recent > recentEntries(thread) / 4 && recentEntries(thread) < kLargestRecent) {
    setRecent(thread, recentEntries(thread) * 2);
    spot = recentSpot(thread, at, recent.site, recent.place, recent.mark);
  }
  *spot = recent;
}

namespace {

// The spot of a group, its own or a free one; else the second one, whose group is to go.
Group* spotFor(const Thread& thread, std::uint64_t place_key, Index lock) {
  const std::uint64_t key = groupKey(place_key, lock);
  Group* first = groupSpot(thread, place_key, lock);
  Group* second = groupSpot(thread, place_key >> 32, lock);
  if (first->key == key || second->key == key) return first->key == key ? first : second;
  return first->key == 0 ? first : second;
}

// Twice as many spots. What stood in the old ones is met again, and joins again.
void growGroups(Thread& thread) {
  const std::uint64_t count = thread.group_mask == 0 ? kFirstGroups : (thread.group_mask + 1) * 2;
  auto* groups = static_cast<Group*>(arena.allocate(count * sizeof(Group)));
  if (groups == nullptr) return;
  thread.groups = groups;
  asm volatile("" ::: "memory");
  thread.group_mask = count - 1;
  thread.lost_groups = 0;
}

}  // namespace

void joinMany(Thread& thread, std::uint64_t place_key, Index lock) {
  if (thread.group_mask == 0) growGroups(thread);
  if (thread.group_mask == 0) return;
  const std::uint64_t key = groupKey(place_key, lock);
  Group* group = spotFor(thread, place_key, lock);
  if (group->key != key && group->key != 0 && ++thread.lost_groups > thread.group_mask / 16 &&
      thread.group_mask + 1 < kLargestCache) {
    growGroups(thread);
    group = spotFor(thread, place_key, lock);
  }
  if (group->key != key) *group = {key, 0};
  group->locks |= bitInGroup(lock);
}

void rememberOneOfMany(Thread& thread, const Known& known, std::uint32_t how, Index lock,
                       std::uint64_t value) {
  const std::uint64_t alone = aloneKey(how, known.site, known.depth);
  if (const CacheEntry* entry = findInCache(thread, alone); entry == nullptr) {
    remember(thread, alone, value);
  } else if (entry->value != value) {
    remember(thread, known.key, value);  // not as the others of this place
    return;
  }
  joinMany(thread, known.key ^ lockPart(lock), lock);
}

}  // namespace gridlock::runtime
