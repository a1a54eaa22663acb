// Wrappers: functions that take a lock and return with it, as most programs in C have. All of their callers
// take locks at one call site and, where their frames are of one size, at one depth: what tells them apart is
// where the wrapper returns to.
//
// That a call lies in a wrapper shows when its lock is released by another function. From then on the places
// of such a call (core/stack_store.h) are deep ones: their keys hold the addresses that the wrappers return
// to, found at fixed distances on the stack. Code that keeps frame pointers needs none of this.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

// A call whose places are deep ones, by its return address. `distance`: from the stack pointer after the call
// to the address that the wrapper itself returns to, plus one; 0: free. Written once, the site last.
struct WrapperCall {
  std::atomic<std::uint64_t> site;
  std::atomic<std::uint64_t> distance;
};
inline constexpr std::uint64_t kWrapperCalls = 1024;
inline constexpr std::uint64_t kByFramePointers = ~std::uint64_t{0};  // a distance
extern WrapperCall wrapper_calls[kWrapperCalls] __attribute__((visibility("hidden")));

// Whether a call may be one of them: most are told apart by this.
extern bool may_be_wrapper_call[4096] __attribute__((visibility("hidden")));
inline bool mayBeWrapperCall(std::uint64_t site) { return may_be_wrapper_call[site % 4096]; }

inline const WrapperCall* wrapperCall(std::uint64_t site) {
  const std::uint64_t at = site * 0x9e3779b97f4a7c15u >> 54;
  const std::uint64_t first = wrapper_calls[at].site.load(std::memory_order_acquire);
  if (first == site) return &wrapper_calls[at];
  if (first == 0 || wrapper_calls[at ^ 1].site.load(std::memory_order_acquire) != site) return nullptr;
  return &wrapper_calls[at ^ 1];
}

// A call in code that keeps frame pointers. Lost where the table is full: then the places are found to be
// deep by kDeepSite alone (core/thread_state.h).
void noteFramePointers(std::uint64_t site);

// The lock of a section is released for the first time there: was it taken in a wrapper? Then what the thread
// knows of situations is forgotten, as some of it may be of other callers.
void noteWrapper(Thread& thread, const record::SectionRow& section, const Frame* frame);

// At a call that is known to lie in a wrapper: finds the distances, of this wrapper and of those around it.
void learnWrappers(const Frame* frame);

}  // namespace gridlock::runtime
