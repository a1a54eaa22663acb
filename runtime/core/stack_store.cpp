// See stack_store.h. Frames are interned by (pc, parent); a stack is the index of its innermost frame.

#include "runtime/core/stack_store.h"

#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

#include "runtime/base/table.h"
#include "runtime/core/init.h"
#include "runtime/core/options.h"
#include "runtime/core/situations.h"
#include "runtime/core/wrappers.h"

namespace gridlock::runtime {
namespace {

constexpr std::uint32_t kMaxDepth = 128;
constexpr std::uint32_t kExactPerPlace = 16;  // unwindings at one place before any of them will do

InternTable frames;  // (pc, parent) -> kFrames
InternTable stacks;  // (place, lock) -> kFrames
InternTable counts;  // place -> number of unwindings there
InternTable newest;  // place -> kFrames
InternTable sites;   // call site -> its kind

enum : std::uint32_t { kUnknownSite = 0, kShallow = 1, kDeep = 2, kInWrapper = 3 };

std::uint64_t siteKey(std::uint64_t site) { return mix(site, 0x5f); }

// Modules that frames were seen in. Rows of the record, found by address; few, so a plain list.
struct Module {
  std::atomic<std::uint64_t> begin;
  std::uint64_t end;
  const void* map;
  record::ModuleRow* row;
};
constexpr std::uint32_t kMaxModules = 4096;
Module* modules = nullptr;
std::atomic<std::uint32_t> module_count{0};
SpinLock module_lock{LockRank::kModules};

bool isKnownModule(std::uint64_t pc) {
  const std::uint32_t count = module_count.load(std::memory_order_acquire);
  for (std::uint32_t i = count; i-- > 0;) {
    if (pc - modules[i].begin.load(std::memory_order_relaxed) < modules[i].end - modules[i].begin)
      return true;
  }
  return false;
}

void noteModule(std::uint64_t pc) {
  if (isKnownModule(pc)) return;
  dl_find_object found{};
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) != 0) return;
  SpinGuard guard(module_lock);
  if (isKnownModule(pc)) return;
  const std::uint32_t at = module_count.load(std::memory_order_relaxed);
  if (modules == nullptr) modules = static_cast<Module*>(arena.allocate(sizeof(Module) * kMaxModules));
  if (modules == nullptr || at == kMaxModules) return;
  const Index index = claim(Table::kModules);
  if (index == kNone) return;
  record::ModuleRow& row = current.modules[index];
  const char* name = found.dlfo_link_map->l_name;
  std::uint32_t length = 0;
  while (name != nullptr && name[length] != '\0') ++length;
  row.path = length == 0 ? kNone : addText(name, length);
  row.begin = reinterpret_cast<std::uint64_t>(found.dlfo_map_start);
  row.end = reinterpret_cast<std::uint64_t>(found.dlfo_map_end);
  row.load_bias = found.dlfo_link_map->l_addr;
  row.state.store(1, std::memory_order_release);
  modules[at].begin.store(row.begin, std::memory_order_relaxed);
  modules[at].end = row.end;
  modules[at].map = found.dlfo_link_map;
  modules[at].row = &row;
  module_count.store(at + 1, std::memory_order_release);
}

constexpr std::uint32_t kChecked = 24;    // return addresses of a known stack that are compared
constexpr std::uint32_t kWaitPlaces = 4;  // known stacks of a thread's waits

struct Walk {
  std::uint64_t pcs[kMaxDepth];
  std::uint64_t slots[kChecked];  // where the first of them stand
  std::uint32_t count;
  std::uint32_t limit;
  std::uint64_t outer_cfa;  // stack pointer of the site's caller at its call
  bool started;
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  const std::uint64_t pc = _Unwind_GetIP(context);
  if (pc == 0) return _URC_END_OF_STACK;
  if (!walk.started && isOurs(pc)) return _URC_NO_REASON;
  walk.started = true;
  if (walk.count == 1) walk.outer_cfa = _Unwind_GetCFA(context);
  if (isOurs(pc)) return _URC_NO_REASON;  // the start of a thread goes through the shim
  if (walk.count < kChecked) walk.slots[walk.count] = _Unwind_GetCFA(context) - sizeof(pc);
  walk.pcs[walk.count++] = pc;
  return walk.count == walk.limit ? _URC_END_OF_STACK : _URC_NO_REASON;
}

Index store(const Walk& walk) {
  Index parent = kNone;
  for (std::uint32_t i = walk.count; i-- > 0;) {
    const std::uint64_t pc = walk.pcs[i];
    const std::uint64_t key = mix(pc, std::uint64_t{parent} * 0xff51afd7ed558ccdu + 1);
    Index index = frames.find(key);
    if (index == kNone) {
      noteModule(pc);
      index = claim(Table::kFrames);
      if (index == kNone) return parent;
      record::FrameRow& row = current.frames[index];
      row.parent = parent;
      row.hash = static_cast<std::uint32_t>(key);
      row.pc.store(pc, std::memory_order_release);
      index = frames.insert(key, index);
    }
    parent = index;
  }
  return parent;
}

void walkFrom(Walk& walk) {
  walk.count = 0;
  walk.limit = options.stack_depth < 2           ? 2
               : options.stack_depth < kMaxDepth ? options.stack_depth
                                                 : kMaxDepth;
  walk.outer_cfa = 0;
  walk.started = false;
  _Unwind_Backtrace(visit, &walk);
}

}  // namespace

Place placeOf(Thread& thread, const Frame* frame) {
  const std::uint64_t site = frame->site;
  const std::uint64_t depth = thread.stack_top - reinterpret_cast<std::uint64_t>(frame);
  const std::uint64_t key = mix(site, depth * 0xff51afd7ed558ccdu);
  std::uint32_t kind = sites.find(siteKey(site));
  if (kind == kUnknownSite) {
    Walk walk;
    walkFrom(walk);
    // The function that holds the site keeps its frame pointer where the unwinding tables say that its
    // frame begins: true at this site always or never.
    kind = walk.count > 1 && walk.outer_cfa == frame->caller + sizeof(Frame) ? kDeep : kShallow;
    sites.insert(siteKey(site), kind);
    if (kind == kDeep) noteFramePointers(site);
  }
  if (kind == kShallow) return {key, false};
  if (kind == kInWrapper) learnWrappers(frame);
  return {deepPlace(thread, frame), true};
}

bool isWrapper(std::uint64_t pc) { return sites.find(siteKey(pc)) == kInWrapper; }

bool makeWrapper(std::uint64_t pc) {
  const std::uint32_t kind = sites.find(siteKey(pc));
  if (kind == kDeep) return false;
  if (kind != kInWrapper) sites.replace(siteKey(pc), kInWrapper);
  return true;
}

Stack stackAt(Thread&, const Frame* frame, Place place, Index lock) {
  const std::uint64_t key = mix(place.key, std::uint64_t{lock} + 1);
  const Index known = stacks.find(key);
  if (known != kNone) return {known, false};
  const std::uint32_t count = counts.find(place.key);
  if (count >= kExactPerPlace) {
    const Index any = newest.find(place.key);
    if (any != kNone) return {any, false};
  }
  const Index index = captureStack(frame);
  stacks.insert(key, index);
  counts.replace(place.key, count + 1);
  newest.replace(place.key, index);
  return {index, true};
}

Index captureStack(const Frame*) {
  Walk walk;
  walkFrom(walk);
  return store(walk);
}

struct WaitStacks {
  struct Known {
    const Frame* frame;  // null: none
    Index stack;
    std::uint32_t count;
    std::uint64_t slots[kChecked];
    std::uint64_t pcs[kChecked];

    // From the inside out: as long as an address is the same, its function is still at that call, and so the
    // next slot is part of its frame.
    bool stillStands() const {
      for (std::uint32_t i = 0; i < count; ++i) {
        if (*reinterpret_cast<const std::uint64_t*>(slots[i]) != pcs[i]) return false;
      }
      return true;
    }
  };
  Known known[kWaitPlaces];
  std::uint32_t next;
};

Stack stackOfWait(Thread& thread, const Frame* frame) {
  WaitStacks* stacks_of_waits = thread.wait_stacks;
  if (stacks_of_waits == nullptr) {
    stacks_of_waits = static_cast<WaitStacks*>(arena.allocate(sizeof(WaitStacks)));
    if (stacks_of_waits == nullptr) return {captureStack(frame), true};
    *stacks_of_waits = {};
    thread.wait_stacks = stacks_of_waits;
  }
  for (const WaitStacks::Known& known : stacks_of_waits->known) {
    if (known.frame == frame && known.stillStands()) return {known.stack, true};
  }
  Walk walk;
  walkFrom(walk);
  const Index stack = store(walk);
  WaitStacks::Known& known = stacks_of_waits->known[stacks_of_waits->next++ % kWaitPlaces];
  known.frame = frame;
  known.stack = stack;
  known.count = walk.count < kChecked ? walk.count : kChecked;
  for (std::uint32_t i = 0; i < known.count; ++i) {
    known.slots[i] = walk.slots[i];
    known.pcs[i] = walk.pcs[i];
  }
  // Where a signal handler was entered no return address stands.
  if (known.count == 0 || !known.stillStands()) known.frame = nullptr;
  return {stack, true};
}

bool mainReturned() {
  // The handler's callers are libc's exit code, exit() itself, and then libc again, or the program.
  Walk walk;
  walkFrom(walk);
  if (walk.count < 3) return false;
  dl_find_object first{};
  dl_find_object third{};
  return _dl_find_object(reinterpret_cast<void*>(walk.pcs[0]), &first) == 0 &&
         _dl_find_object(reinterpret_cast<void*>(walk.pcs[2]), &third) == 0 &&
         first.dlfo_link_map == third.dlfo_link_map;
}

void stacksAfterFork() {
  frames.afterFork();
  stacks.afterFork();
  counts.afterFork();
  newest.afterFork();
  module_lock.reset();
  modules = nullptr;
  module_count.store(0, std::memory_order_relaxed);
}

void warmUpUnwinder() {
  Walk walk;
  walkFrom(walk);
}

void noticeUnloads() {
  const std::uint32_t count = module_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t begin = modules[i].begin.load(std::memory_order_relaxed);
    if (begin == modules[i].end) continue;
    dl_find_object found{};
    if (_dl_find_object(reinterpret_cast<void*>(begin), &found) == 0 && found.dlfo_link_map == modules[i].map)
      continue;
    // Its addresses may come to mean other code: what was cached for them must not be found again.
    modules[i].row->state.store(2, std::memory_order_release);
    modules[i].begin.store(modules[i].end, std::memory_order_release);
  }
}

}  // namespace gridlock::runtime
