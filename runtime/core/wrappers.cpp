// See wrappers.h.

#include "runtime/core/wrappers.h"

#include <unwind.h>

#include "runtime/core/init.h"
#include "runtime/core/situations.h"
#include "runtime/core/stack_store.h"

namespace gridlock::runtime {

WrapperCall wrapper_calls[kWrapperCalls];
bool may_be_wrapper_call[4096];

namespace {

constexpr std::uint32_t kInARow = 4;  // wrappers of wrappers
constexpr std::uint32_t kLooksFor = 24;

struct Frames {
  std::uint64_t pcs[kLooksFor];
  std::uint64_t stack_pointers[kLooksFor];  // after the call that the pc stands behind
  std::uint64_t functions[kLooksFor];
  std::uint32_t count = 0;
  std::uint32_t limit = kLooksFor;
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) {
  auto& frames = *static_cast<Frames*>(argument);
  const std::uint64_t pc = _Unwind_GetIP(context);
  if (pc == 0) return _URC_END_OF_STACK;
  if (isOurs(pc)) return frames.count == 0 ? _URC_NO_REASON : _URC_END_OF_STACK;
  frames.pcs[frames.count] = pc;
  frames.stack_pointers[frames.count] = _Unwind_GetCFA(context);
  frames.functions[frames.count] = _Unwind_GetRegionStart(context);
  return ++frames.count == frames.limit ? _URC_END_OF_STACK : _URC_NO_REASON;
}

std::uint64_t functionOf(std::uint64_t pc) {
  return reinterpret_cast<std::uint64_t>(_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(pc)));
}

void add(std::uint64_t site, std::uint64_t distance) {
  const std::uint64_t home = site * 0x9e3779b97f4a7c15u >> 54;
  for (const std::uint64_t at : {home, home ^ 1}) {
    std::uint64_t free = 0;
    if (!wrapper_calls[at].distance.compare_exchange_strong(free, distance + 1)) continue;
    may_be_wrapper_call[site % 4096] = true;
    wrapper_calls[at].site.store(site, std::memory_order_release);
    return;
  }
}

void forgetSituations(Thread& thread) {
  prepareSituations(thread);
  for (Shadow* shadow = thread.floor; shadow != thread.limit; ++shadow) shadow->forget();
}

}  // namespace

void noteWrapper(Thread& thread, const record::SectionRow& section, const Frame* frame) {
  if (!isWrapper(section.site)) {
    const std::uint64_t function = functionOf(section.site);
    if (function == 0 || function == functionOf(frame->site)) return;
    Frames releasing;
    _Unwind_Backtrace(visit, &releasing);
    std::uint32_t found = 0;
    for (Index at = section.stack; at != kNone && found < kInARow; at = current.frames[at].parent) {
      const std::uint64_t pc = current.frames[at].pc.load(std::memory_order_relaxed);
      const std::uint64_t holder = functionOf(pc);
      bool is_around = holder == 0;
      for (std::uint32_t i = 0; i < releasing.count; ++i) is_around |= releasing.functions[i] == holder;
      if (is_around || !makeWrapper(pc)) break;
      ++found;
    }
    if (found == 0) return;
  }
  forgetSituations(thread);
}

void noteFramePointers(std::uint64_t site) {
  if (wrapperCall(site) == nullptr) add(site, kByFramePointers - 1);
}

void learnWrappers(const Frame* frame) {
  std::uint64_t site = frame->site;
  std::uint64_t stack_pointer = reinterpret_cast<std::uint64_t>(frame) + sizeof(Frame);
  std::uint32_t known = 0;
  for (; known < kInARow && isWrapper(site); ++known) {
    const WrapperCall* call = wrapperCall(site);
    if (call == nullptr) break;
    const std::uint64_t slot = stack_pointer + call->distance.load(std::memory_order_relaxed) - 1;
    site = *reinterpret_cast<const std::uint64_t*>(slot);
    stack_pointer = slot + sizeof site;
  }
  if (known == kInARow || !isWrapper(site)) return;
  Frames frames;
  frames.limit = kInARow + 1;
  _Unwind_Backtrace(visit, &frames);
  for (std::uint32_t i = 0; i + 1 < frames.count && isWrapper(frames.pcs[i]); ++i) {
    const std::uint64_t distance = frames.stack_pointers[i + 1] - sizeof site - frames.stack_pointers[i];
    constexpr std::uint64_t kLargestFrame = 1u << 16;
    if (distance >= kLargestFrame) return;
    if (wrapperCall(frames.pcs[i]) == nullptr) add(frames.pcs[i], distance);
  }
}

}  // namespace gridlock::runtime
