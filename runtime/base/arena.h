// Memory for the shim: pages from the kernel, cut up by a bump pointer, never given back. The program's
// malloc is not ours to call: it may be the caller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/base/spinlock.h"
#include "runtime/base/sys.h"

namespace gridlock::runtime {

class Arena {
 public:
  // Zeroed memory, aligned to 64; nullptr when the kernel has none.
  void* allocate(std::size_t bytes) {
    bytes = (bytes + 63) & ~std::size_t{63};
    if (bytes >= kChunk / 4) return sys::map(bytes);
    SpinGuard guard(lock_);
    if (left_ < bytes) {
      void* chunk = sys::map(kChunk);
      if (chunk == nullptr) return nullptr;
      next_ = static_cast<char*>(chunk);
      left_ = kChunk;
    }
    void* result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }

  // In a forked child: what the parent's threads were in the middle of is left behind.
  void afterFork() {
    lock_.reset();
    left_ = 0;
  }

 private:
  static constexpr std::size_t kChunk = 256 * 1024;
  SpinLock lock_{LockRank::kArena};
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

extern Arena arena;

}  // namespace gridlock::runtime
