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

// Semaphores that a thread took under another lock each time. Who asks for that lock while it still has the
// semaphore, as the last of the readers does who keep writers out together, is as a rule known to whoever has
// the lock then: by a count beside it they know not to wait.
class TakenUnder {
 public:
  explicit TakenUnder(const RecordFile& file) {
    for (Index i = 1; i < file.count<record::SectionRow>(); ++i) {
      const record::SectionRow* row = file.valid<record::SectionRow>(i);
      const record::LockRow* lock = row ? file.valid<record::LockRow>(row->lock) : nullptr;
      if (!lock || lock->kind != record::LockKind::kSemaphore) continue;
      std::set<Index> outer;
      for (Index at = row->within; outer.size() < kHeldPerWitness;) {
        const record::SectionRow* around = file.valid<record::SectionRow>(at);
        if (!around || around->within >= at) break;
        outer.insert(around->lock);
        at = around->within;
      }
      const auto [at, fresh] = outer_.try_emplace({row->thread, row->lock}, outer);
      if (!fresh) std::erase_if(at->second, [&](Index one) { return !outer.contains(one); });
    }
  }

  bool always(Index thread, Index semaphore, Index lock) const {
    const auto found = outer_.find({thread, semaphore});
    return found != outer_.end() && found->second.contains(lock);
  }

 private:
  std::map<std::pair<Index, Index>, std::set<Index>> outer_;  // thread and semaphore -> locks
};

// A lock on a file that keeps out other processes alone: to its own process it is as if one thread held it.
bool isOfProcess(const RecordFile& file, Index lock) {
  const record::LockRow* row = file.valid<record::LockRow>(lock);
  return row && row->kind == record::LockKind::kFile && (row->flags & record::kProcessShared) != 0 &&
         (row->detail.load() & (record::kRecordLock | record::kOneDescription)) != 0;
}
bool isShared(const RecordFile& file, Index lock) {
  const record::LockRow* row = file.valid<record::LockRow>(lock);
  return row && (row->flags & record::kProcessShared) != 0;
}

// Joins: the end of a thread is a lock that it holds as long as it lives. Who joins it asks for that lock,
// and whatever it takes itself, it takes while holding it.
class Joins {
 public:
  Joins(const EdgeSource& source, EdgeTable& edges) : source_(source), edges_(edges) {}

  void add() {
    const RecordFile& file = source_.file;
    std::vector<const record::RequestRow*> joins;
    for (Index i = 1; i < file.count<record::RequestRow>(); ++i) {
      const record::RequestRow* row = file.valid<record::RequestRow>(i);
      if (!row) continue;
      const Index joined = threadOf(row->lock);
      if (joined == record::kNone || !source_.threads.id(joined) || !source_.threads.id(row->thread))
        continue;
      if (!ends_.contains(joined))
        ends_.emplace(joined, source_.locks.ofThreadsCalled(source_.threads.name(joined)));
      joins.push_back(row);
    }
    if (joins.empty()) return;
    for (Index i = 1; i < file.count<record::LockRow>(); ++i) {
      const record::LockRow* row = file.valid<record::LockRow>(i);
      if (row && row->kind == record::LockKind::kCondition) has_condition_.insert(row->detail.load());
    }
    for (const record::RequestRow* row : joins) addJoin(*row);
    for (Index i = 1; i < file.count<record::SectionRow>(); ++i) {
      const record::SectionRow* row = file.valid<record::SectionRow>(i);
      if (row && ends_.contains(row->thread)) addSection(*row);
    }
  }

 private:
  // The kThreads row whose end this pseudo lock stands for.
  Index threadOf(Index lock) const {
    const record::LockRow* row = source_.file.valid<record::LockRow>(lock);
    return row && row->kind == record::LockKind::kThread ? row->detail.load() : record::kNone;
  }

  model::Witness witnessOf(Index thread, Index segment) const {
    model::Witness witness;
    witness.run = source_.run;
    witness.thread = *source_.threads.id(thread);
    if (source_.file.valid<record::SegmentRow>(segment)) witness.segment = source_.first_segment + segment;
    return witness;
  }

  void addJoin(const record::RequestRow& row) {
    const Index joined = threadOf(row.lock);
    const model::Id end = ends_.at(joined);
    std::vector<Link> held;
    for (Index at = row.chain; held.size() < kDeepestChain;) {
      const record::ChainRow* link = source_.file.valid<record::ChainRow>(at);
      if (!link) break;
      const auto id = source_.locks.of(link->lock);
      if (id && isHeldInEarnest(source_.file, link->lock))
        held.push_back(
            {link->lock, *id, modeOf(link->mode), link->stack, (link->flags & record::kStackExact) != 0});
      at = link->parent;
    }
    model::Witness witness = witnessOf(row.thread, row.segment);
    witness.to_stack = source_.stacks.stack(row.stack);
    witness.to_instance = joined;
    for (const Link& link : held) {
      model::Witness one = witness;
      one.from_stack = source_.stacks.stack(link.stack);
      one.from_instance = link.lock;
      one.from_mode = link.mode;
      if ((row.flags & record::kAfterWait) != 0 || has_condition_.contains(link.lock))
        one.note = "it joins after a wait: the thread may have told it that it needs the lock no more";
      for (const Link& other : held)
        if (other.lock != link.lock) one.held.push_back({other.lock_class, other.lock, other.mode});
      push(link.lock_class, end, std::move(one));
    }
    if (const auto own = ends_.find(row.thread); own != ends_.end() && own->second != end) {
      const record::ThreadRow* thread = source_.file.row<record::ThreadRow>(row.thread);
      witness.from_stack = thread ? source_.stacks.stack(thread->create_stack) : std::nullopt;
      witness.from_instance = row.thread;
      push(own->second, end, std::move(witness));
    }
  }

  void addSection(const record::SectionRow& row) {
    const auto lock = source_.locks.of(row.lock);
    const record::ThreadRow* thread = source_.file.row<record::ThreadRow>(row.thread);
    if (!lock || !thread || !isHeldInEarnest(source_.file, row.lock)) return;
    const Index last = thread->last_segment.load();
    model::Witness witness = witnessOf(row.thread, last != record::kNone ? last : thread->segment.load());
    witness.from_stack = source_.stacks.stack(thread->create_stack);
    witness.to_stack = source_.stacks.stack(row.stack);
    witness.from_instance = row.thread;
    witness.to_instance = row.lock;
    witness.to_mode = modeOf(row.mode);
    witness.exact = false;
    if ((row.flags & record::kTakenByTry) != 0) witness.request = model::RequestKind::Try;
    if ((row.flags & record::kTakenInTime) != 0) witness.request = model::RequestKind::Timed;
    const record::LockRow* taken = source_.file.valid<record::LockRow>(row.lock);
    if (taken && (taken->flags & record::kRobust) != 0)
      witness.note = "the lock is robust: who joins may have got it because the thread has ended";
    Index around = row.within;
    while (witness.held.size() < kHeldPerWitness) {
      const record::SectionRow* outer = source_.file.valid<record::SectionRow>(around);
      if (!outer || outer->within >= around) break;
      if (const auto id = source_.locks.of(outer->lock); id && outer->lock != row.lock)
        witness.held.push_back({*id, outer->lock, modeOf(outer->mode)});
      around = outer->within;
    }
    push(ends_.at(row.thread), *lock, std::move(witness));
  }

  void push(model::Id from, model::Id to, model::Witness witness) {
    model::OrderEdge& edge = edges_.edge(from, to, witness.from_mode, witness.to_mode);
    ++edge.count;
    if (edge.witnesses.size() < kWitnessesPerEdge) edge.witnesses.push_back(std::move(witness));
  }

  const EdgeSource& source_;
  EdgeTable& edges_;
  std::map<Index, model::Id> ends_;  // kThreads row -> class of its end
  std::set<Index> has_condition_;    // mutexes that somebody waited with
};

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
  // Of each edge, what was kept already: request rows differ in more than witnesses do. And what each thread
  // did in segments that were followed: the same in one that was not is ordered as it was there.
  std::map<model::Id, std::set<std::vector<std::uint64_t>>> kept;
  std::map<model::Id, std::set<std::vector<std::uint64_t>>> followed;
  std::vector<Link> chain;
  const TakenUnder taken_under(file);
  model::Id first_thread = 0;
  for (Index i = file.count<record::ThreadRow>(); i-- > 1;)
    first_thread = source.threads.id(i).value_or(first_thread);
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
      const bool of_process = isOfProcess(file, held.lock) || isOfProcess(file, wanted);
      if (of_process && !(isShared(file, held.lock) && isShared(file, wanted))) continue;
      model::Witness witness;
      witness.run = source.run;
      witness.thread = of_process ? first_thread : *thread;
      if (file.valid<record::SegmentRow>(row->segment)) witness.segment = source.first_segment + row->segment;
      witness.from_stack = source.stacks.stack(held.stack);
      witness.to_stack = source.stacks.stack(row->stack);
      witness.from_instance = held.lock;
      witness.to_instance = wanted;
      witness.from_mode = held.mode;
      witness.to_mode = modeOf(row->mode);
      witness.request = requestOf(row->request);
      witness.exact = held.exact && (row->flags & record::kStackExact) != 0;
      if (taken_under.always(row->thread, held.lock, wanted)) {
        witness.note = "the semaphore was taken under " + source.locks.quoted(wanted) +
                       ": who takes that lock meanwhile may know from data not to wait for the semaphore";
      }
      for (std::size_t other = 0; other < chain.size() && witness.held.size() < kHeldPerWitness; ++other) {
        if (other == from || chain[other].lock == held.lock) continue;
        witness.held.push_back({chain[other].lock_class, chain[other].lock, chain[other].mode});
      }
      model::OrderEdge& edge = edges.edge(held.lock_class, *to, witness.from_mode, witness.to_mode);
      edge.count += std::max<std::uint64_t>(1, row->count.load());

      std::vector<std::uint64_t> key{witness.thread,
                                     0,
                                     witness.from_stack ? *witness.from_stack + 1ull : 0,
                                     witness.to_stack ? *witness.to_stack + 1ull : 0,
                                     held.lock,
                                     wanted,
                                     static_cast<std::uint64_t>(witness.request)};
      for (const model::HeldLock& gate : witness.held) {
        key.push_back(*gate.instance * 2 + (gate.mode == model::Mode::Shared ? 1 : 0));
      }
      const record::SegmentRow* segment = file.valid<record::SegmentRow>(row->segment);
      if (segment && segment->state.load() == record::kUnfollowedSegment) {
        if (followed[edge.id].contains(key)) continue;
      } else if (row->segment != record::kNone) {
        followed[edge.id].insert(key);
      }
      key[1] = witness.segment.value_or(0);
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
  Joins(source, edges).add();
  return dropped;
}

}  // namespace gridlock::observe
