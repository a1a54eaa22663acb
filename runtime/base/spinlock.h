// The shim's own locks. They guard slow paths only and are held for a few hundred instructions; a
// waiter spins and then yields. A thread inside the shim is never re-entered by a signal handler (see
// core/thread_state.h), and a forked child resets them all, so that they cannot be orphaned.
//
// A deadlock detector must not deadlock: a thread takes locks in the order of LockRank only, and no
// two of one rank.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/base/sys.h"

namespace gridlock::runtime {

enum class LockRank : std::uint8_t { kStart, kVerdict, kIntern, kModules, kArena, kRecord };

class SpinLock {
 public:
  explicit constexpr SpinLock(LockRank) {}

  void lock() {
    for (std::uint32_t round = 0; !tryLock(); ++round) {
      if (round < 100) {
        asm volatile("pause");
      } else {
        sys::call(SYS_sched_yield);
      }
    }
  }
  bool tryLock() {
    return taken_.load(std::memory_order_relaxed) == 0 && taken_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() { taken_.store(0, std::memory_order_release); }
  void reset() { taken_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> taken_{0};
};

class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) : lock_(lock) { lock_.lock(); }
  ~SpinGuard() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace gridlock::runtime
