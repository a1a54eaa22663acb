// See order_edges.h.
#include "analyzer/observe/order_edges.h"

#include <algorithm>
#include <vector>

namespace gridlock::observe {
namespace {

using record::Index;

// Rings among instances of one class need the instances of many witnesses; gates need the distinct
// sets of held locks. Beyond this more of the same adds nothing a person would read.
constexpr std::size_t kWitnessesPerEdge = 512;
constexpr std::size_t kHeldPerWitness = 64;
constexpr std::size_t kDeepestChain = 1024;

struct Link {
  Index lock = record::kNone;
  model::Id lock_class = 0;
  model::Mode mode = model::Mode::Exclusive;
  Index stack = record::kNone;
  bool exact = false;
};

// What turned out to be a signal, or to move between threads, was never held by the thread that asked on: no
// order follows from it, and it guards nothing.
bool isHeldInEarnest(const RecordFile& file, Index lock) {
  const record::LockRow* row = file.valid<record::LockRow>(lock);
  if (!row) return false;
  const bool may_move = row->kind == record::LockKind::kSemaphore || row->kind == record::LockKind::kCustom;
  return !(may_move && (row->flags & record::kHandedOver) != 0);
}

}  // namespace

model::OrderEdge& EdgeTable::edge(model::Id from, model::Id to, model::Mode from_mode, model::Mode to_mode) {
  const auto [at, fresh] = edges_.try_emplace({from, to, from_mode, to_mode}, report_.lock_order.size());
  if (fresh) {
    model::OrderEdge edge;
    edge.id = static_cast<model::Id>(report_.lock_order.size());
    edge.from = from;
    edge.to = to;
    edge.from_mode = from_mode;
    edge.to_mode = to_mode;
    edge.seen_runtime = true;
    report_.lock_order.push_back(std::move(edge));
  }
  return report_.lock_order[at->second];
}

std::uint64_t addOrderEdges(const EdgeSource& source, EdgeTable& edges) {
  const RecordFile& file = source.file;
  std::uint64_t dropped = 0;
  // Of each edge, what was kept already: request rows differ in more than witnesses do.
  std::map<model::Id, std::set<std::vector<std::uint64_t>>> kept;
  std::vector<Link> chain;
  for (Index i = 1; i < file.count<record::RequestRow>(); ++i) {
    const record::RequestRow* row = file.valid<record::RequestRow>(i);
    if (!row) continue;
    const Index wanted = row->lock;
    if (!isHeldInEarnest(file, wanted)) continue;
    const auto to = source.locks.of(wanted);
    const auto thread = source.threads.id(row->thread);
    if (!to || !thread) continue;

    chain.clear();
    bool again = false;  // it is held already: asking for it once more orders nothing
    for (Index at = row->chain; chain.size() < kDeepestChain;) {
      const record::ChainRow* link = file.valid<record::ChainRow>(at);
      if (!link) break;
      again = again || link->lock == wanted;
      const auto id = source.locks.of(link->lock);
      if (id && isHeldInEarnest(file, link->lock)) {
        chain.push_back(
            {link->lock, *id, modeOf(link->mode), link->stack, (link->flags & record::kStackExact) != 0});
      }
      at = link->parent;
    }
    if (again) continue;

    for (std::size_t from = 0; from < chain.size(); ++from) {
      const Link& held = chain[from];
      model::Witness witness;
      witness.run = source.run;
      witness.thread = *thread;
      if (file.valid<record::SegmentRow>(row->segment)) witness.segment = source.first_segment + row->segment;
      witness.from_stack = source.stacks.stack(held.stack);
      witness.to_stack = source.stacks.stack(row->stack);
      witness.from_instance = held.lock;
      witness.to_instance = wanted;
      witness.from_mode = held.mode;
      witness.to_mode = modeOf(row->mode);
      witness.request = requestOf(row->request);
      witness.exact = held.exact && (row->flags & record::kStackExact) != 0;
      for (std::size_t other = 0; other < chain.size() && witness.held.size() < kHeldPerWitness; ++other) {
        if (other == from || chain[other].lock == held.lock) continue;
        witness.held.push_back({chain[other].lock_class, chain[other].lock, chain[other].mode});
      }
      model::OrderEdge& edge = edges.edge(held.lock_class, *to, witness.from_mode, witness.to_mode);
      edge.count += std::max<std::uint64_t>(1, row->count.load());

      std::vector<std::uint64_t> key{witness.thread,
                                     witness.segment.value_or(0),
                                     witness.from_stack ? *witness.from_stack + 1ull : 0,
                                     witness.to_stack ? *witness.to_stack + 1ull : 0,
                                     held.lock,
                                     wanted,
                                     static_cast<std::uint64_t>(witness.request)};
      for (const model::HeldLock& gate : witness.held) {
        key.push_back(*gate.instance * 2 + (gate.mode == model::Mode::Shared ? 1 : 0));
      }
      auto& seen = kept[edge.id];
      if (seen.contains(key)) continue;
      if (seen.size() >= kWitnessesPerEdge) {
        ++dropped;
        continue;
      }
      seen.insert(std::move(key));
      edge.witnesses.push_back(std::move(witness));
    }
  }
  return dropped;
}

}  // namespace gridlock::observe
