// A map from 64-bit keys to 32-bit values that are mostly inserted and looked up: what has been seen
// already. Look-ups take no lock; insertions lock one of sixteen shards. Shards start small and double
// (large sparse tables would cost a page for each early row); outgrown tables stay where they are,
// because a reader may be in them.
//
// A key must not be 0. A value of 0 means "not there": storing it removes the key.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/base/arena.h"
#include "runtime/base/spinlock.h"

namespace gridlock::runtime {

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t x = (a ^ b) * 0x9e3779b97f4a7c15u;
  return x ^ (x >> 29);
}

class InternTable {
 public:
  std::uint32_t find(std::uint64_t key) const {
    const Shard& shard = shards_[key >> 60];
    const Slots* slots = shard.slots.load(std::memory_order_acquire);
    if (slots == nullptr) return 0;
    for (std::uint64_t i = spread(key);; ++i) {
      const Slot& slot = slots->slot[i & slots->mask];
      const std::uint64_t seen = slot.key.load(std::memory_order_acquire);
      if (seen == key) return slot.value.load(std::memory_order_acquire);
      if (seen == 0) return 0;
    }
  }

  // Stores value under key unless another thread was faster: the value that stands there now.
  std::uint32_t insert(std::uint64_t key, std::uint32_t value) { return put(key, value, false); }
  void replace(std::uint64_t key, std::uint32_t value) { put(key, value, true); }

  void afterFork() {
    for (Shard& shard : shards_) {
      shard.lock.reset();
      shard.slots.store(nullptr, std::memory_order_relaxed);
      shard.used = 0;
    }
  }

 private:
  struct Slot {
    std::atomic<std::uint64_t> key;
    std::atomic<std::uint32_t> value;
  };
  struct Slots {
    std::uint64_t mask;
    Slot slot[1];
  };
  struct Shard {
    std::atomic<Slots*> slots{nullptr};
    std::uint64_t used = 0;
    SpinLock lock{LockRank::kIntern};
  };

  static std::uint64_t spread(std::uint64_t key) { return (key * 0xff51afd7ed558ccdu) >> 32; }

  std::uint32_t put(std::uint64_t key, std::uint32_t value, bool overwrite) {
    Shard& shard = shards_[key >> 60];
    SpinGuard guard(shard.lock);
    Slots* slots = shard.slots.load(std::memory_order_relaxed);
    if (slots == nullptr || shard.used * 2 > slots->mask) {
      Slots* grown = grow(slots);
      if (grown == nullptr) return value;  // not remembered: costs a duplicate row, no more
      shard.slots.store(grown, std::memory_order_release);
      slots = grown;
    }
    for (std::uint64_t i = spread(key);; ++i) {
      Slot& slot = slots->slot[i & slots->mask];
      const std::uint64_t seen = slot.key.load(std::memory_order_relaxed);
      if (seen == key) {
        const std::uint32_t there = slot.value.load(std::memory_order_relaxed);
        if (there != 0 && !overwrite) return there;
        slot.value.store(value, std::memory_order_release);
        return value;
      }
      if (seen == 0) {
        slot.value.store(value, std::memory_order_relaxed);
        slot.key.store(key, std::memory_order_release);
        ++shard.used;
        return value;
      }
    }
  }

  static Slots* grow(const Slots* old) {
    const std::uint64_t count = old == nullptr ? 64 : (old->mask + 1) * 2;
    auto* slots = static_cast<Slots*>(arena.allocate(sizeof(Slots) + count * sizeof(Slot)));
    if (slots == nullptr) return nullptr;
    slots->mask = count - 1;
    for (std::uint64_t j = 0; old != nullptr && j <= old->mask; ++j) {
      const std::uint64_t key = old->slot[j].key.load(std::memory_order_relaxed);
      if (key == 0) continue;
      std::uint64_t i = spread(key);
      while (slots->slot[i & slots->mask].key.load(std::memory_order_relaxed) != 0) ++i;
      slots->slot[i & slots->mask].value.store(old->slot[j].value.load(std::memory_order_relaxed),
                                               std::memory_order_relaxed);
      slots->slot[i & slots->mask].key.store(key, std::memory_order_relaxed);
    }
    return slots;
  }

  Shard shards_[16];
};

}  // namespace gridlock::runtime
