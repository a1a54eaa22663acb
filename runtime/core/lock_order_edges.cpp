// See lock_order_edges.h. Everything is interned: a chain by (parent, lock, mode, stack), a request by
// (chain, lock, mode, stack, segment), a section by (thread, place, lock).

#include "runtime/core/lock_order_edges.h"

#include "runtime/base/table.h"
#include "runtime/core/clock.h"
#include "runtime/core/events.h"
#include "runtime/core/lock_table.h"
#include "runtime/core/progress.h"

namespace gridlock::runtime {
namespace {

InternTable chains;
InternTable requests;
InternTable sections;
InternTable section_counts;

// Locks at one place of a thread that get a section each; the further ones share one.
constexpr std::uint32_t kSectionsPerPlace = 8;

std::uint64_t mixAll(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
  return mix(mix(mix(a * 0xff51afd7ed558ccdu + 1, b), c), d);
}

Index extendChain(Index parent, const Held& held) {
  const Index lock = held.shadow->lock;
  const std::uint64_t how = held.shadow->mode | std::uint64_t{held.shadow->request} << 8;
  const std::uint64_t key = mixAll(parent, lock, how, held.entry->stack);
  Index index = chains.find(key);
  if (index != kNone) return index;
  index = claim(Table::kChains);
  if (index == kNone) return kNone;
  record::ChainRow& row = current.chains[index];
  row.parent = parent;
  row.lock = lock;
  row.mode = held.shadow->mode;
  row.request = held.shadow->request;
  row.flags = (held.shadow->flags & kShadowExact) != 0 ? record::kStackExact : 0;
  row.stack = held.entry->stack;
  row.depth = parent == kNone ? 1 : current.chains[parent].depth + 1;
  row.hash = key;
  keepLock(lock);
  row.state.store(1, std::memory_order_release);
  return chains.insert(key, index);
}

}  // namespace

Index chainOf(Thread& thread) {
  const std::uint32_t count = thread.held();
  if (count == 0) return kNone;
  // Entries know their chain from the last time; only what lies above the newest known one is new.
  std::uint32_t first = count;
  while (first > 0 && heldAt(thread, first - 1).entry->chain == kNone) --first;
  Index chain = first == 0 ? kNone : heldAt(thread, first - 1).entry->chain;
  for (std::uint32_t i = first; i < count; ++i) {
    const Held held = heldAt(thread, i);
    const Index longer = extendChain(chain, held);
    if (longer == kNone) return chain;
    held.entry->chain = chain = longer;
  }
  return chain;
}

static Index requestWith(Thread& thread, Index chain, Index lock, std::uint32_t how, Stack stack,
                         std::uint16_t flags) {
  const Index segment = thread.row->segment.load(std::memory_order_relaxed);
  const std::uint64_t key =
      mixAll(chain, lock, std::uint64_t{segment} << 16 | how, stack.index + (std::uint64_t{flags} << 32));
  Index index = requests.find(key);
  if (index != kNone) {
    current.requests[index].count.fetch_add(1, std::memory_order_relaxed);
    return index;
  }
  index = claim(Table::kRequests);
  if (index == kNone) return kNone;
  record::RequestRow& row = current.requests[index];
  row.chain = chain;
  row.lock = lock;
  row.mode = static_cast<std::uint8_t>(how);
  row.request = static_cast<std::uint8_t>(how >> 8);
  row.flags = static_cast<std::uint16_t>(flags | (stack.exact ? record::kStackExact : 0));
  row.stack = stack.index;
  row.thread = thread.index;
  row.segment = segment;
  row.count.store(1, std::memory_order_relaxed);
  row.first_ns = nowNs();
  keepLock(lock);
  row.state.store(1, std::memory_order_release);
  return requests.insert(key, index);
}

Index addRequest(Thread& thread, Index lock, std::uint32_t how, Stack stack) {
  const Index chain = chainOf(thread);
  return chain == kNone ? kNone : requestWith(thread, chain, lock, how, stack, 0);
}

void addJoin(Thread& thread, Index joined, Stack stack) {
  const Index chain = chainOf(thread);
  // Nobody waits for the end of main.
  if (joined == kNone || (chain == kNone && (thread.row->flags & record::kMainThread) != 0)) return;
  constexpr std::uint64_t kEndOfThread = std::uint64_t{1} << 63;
  const Index lock = lockByAddress(thread, kEndOfThread | joined, record::LockKind::kThread);
  if (lock == kNone) return;
  current.locks[lock].detail.store(joined, std::memory_order_relaxed);
  const record::ThreadRow& other = current.threads[joined];
  const bool notified = other.creator != thread.index || other.creator_notified != thread.notified;
  requestWith(thread, chain, lock, howOf(Mode::kExclusive, RequestKind::kBlocking), stack,
              notified ? std::uint16_t{record::kAfterWait} : std::uint16_t{0});
}

Index sectionFor(Thread& thread, Place place, std::uint64_t site, Index lock, std::uint32_t how, Stack stack,
                 bool& merged) {
  const std::uint64_t mine = mixAll(thread.index, place.key, how & 0xff, 0);
  std::uint64_t key = mix(mine, std::uint64_t{lock} + 1);
  merged = false;
  Index index = sections.find(key);
  if (index != kNone) return index;
  const std::uint32_t count = section_counts.find(mine);
  merged = count >= kSectionsPerPlace;
  if (merged) {
    key = mine;
    index = sections.find(key);
    if (index != kNone) return index;
  }
  index = claim(Table::kSections);
  if (index == kNone) return kNone;
  record::SectionRow& row = current.sections[index];
  row.thread = thread.index;
  row.lock = lock;
  row.mode = static_cast<std::uint8_t>(how);
  const auto request = static_cast<RequestKind>(how >> 8 & 0xff);
  row.flags = merged ? record::kSeveralLocks : 0;
  if (request == RequestKind::kTry) row.flags |= record::kTakenByTry;
  if (request == RequestKind::kTimed) row.flags |= record::kTakenInTime;
  row.site = site;
  row.stack = stack.index;
  const std::uint32_t held = thread.held();
  row.within =
      held == 0 ? kNone : static_cast<Index>(heldAt(thread, held - 1).shadow->section - current.sections);
  keepLock(lock);
  row.state.store(1, std::memory_order_release);
  section_counts.replace(mine, count + 1);
  if (!merged) addSectionOfLock(lock, index);
  return sections.insert(key, index);
}

void edgesAfterFork() {
  chains.afterFork();
  requests.afterFork();
  sections.afterFork();
  section_counts.afterFork();
}

}  // namespace gridlock::runtime
