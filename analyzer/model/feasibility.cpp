// Feasibility of lock-order cycles; see feasibility.h.
//
// Choices are searched hop by hop, comparing each new witness with those chosen before it. When no
// choice is without flaw, the search is repeated with one kind of flaw allowed at a time: the first
// that is enough is the reason. Witnesses of different runs can meet in a future run, with one
// exception: where some single run saw both, that run's own evidence (threads, order) decides, or else
// every harmless cycle would become a warning as soon as a test is run twice.
#include "analyzer/model/feasibility.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <unordered_set>

#include "analyzer/model/frames.h"
#include "analyzer/model/names.h"

namespace gridlock::model {
namespace {

constexpr std::size_t kWitnessesCompared = 12;  // per run, when another run decides

int count(unsigned flaws) { return __builtin_popcount(flaws); }

std::string baseName(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? file : file.substr(slash + 1);
}

}  // namespace

struct Feasibility::Index {
  std::unordered_map<Id, const Thread*> threads;
  std::unordered_map<Id, const Lock*> locks;
  std::unordered_map<Id, const Stack*> stacks;
  std::unordered_map<Id, const Segment*> segments;
  std::unordered_map<Id, std::vector<Id>> before;  // segments that end before one begins
  std::unordered_set<Id> static_runs;
  std::unordered_set<Id> written;  // locks that somebody takes exclusively
  struct Seen {
    std::map<Id, std::vector<const Witness*>> by_run;
  };
  std::unordered_map<std::string, Seen> shapes;  // the same code on a thread of the same kind
  std::unordered_map<std::string, Seen> places;  // the same lines
  struct Keys {
    std::string shape;
    std::string place;
  };
  std::unordered_map<const Witness*, Keys> keys;
  std::unordered_map<const Witness*, std::pair<Id, Id>> locks_of;  // from and to
  mutable std::unordered_map<Id, std::unordered_set<Id>> ancestors;
  std::map<std::pair<const Witness*, const Witness*>, unsigned> pairs;
};

Feasibility::Feasibility(const Report& report, std::size_t steps)
    : report_(report), steps_(steps), index_(std::make_unique<Index>()) {
  Index& index = *index_;
  for (const Thread& thread : report.threads) index.threads[thread.id] = &thread;
  for (const Lock& lock : report.locks) index.locks[lock.id] = &lock;
  for (const Stack& stack : report.stacks) index.stacks[stack.id] = &stack;
  for (const Run& run : report.runs)
    if (run.kind == RunKind::Static) index.static_runs.insert(run.id);
  for (const Segment& segment : report.segments) {
    index.segments[segment.id] = &segment;
    for (Id id : segment.after) index.before[segment.id].push_back(id);
    for (Id id : segment.before) index.before[id].push_back(segment.id);
  }
  for (const CriticalSection& section : report.critical_sections)
    if (section.mode == Mode::Exclusive) index.written.insert(section.lock);
  for (const OrderEdge& edge : report.lock_order) {
    if (edge.from_mode == Mode::Exclusive) index.written.insert(edge.from);
    if (edge.to_mode == Mode::Exclusive) index.written.insert(edge.to);
    for (const Witness& witness : edge.witnesses) {
      for (const HeldLock& held : witness.held)
        if (held.mode == Mode::Exclusive) index.written.insert(held.lock);
    }
  }

  const auto placeOf = [&](std::optional<Id> id) {
    if (!id) return std::string("?");
    const auto stack = index.stacks.find(*id);
    if (stack == index.stacks.end()) return std::string("?");
    const Frame frame = acquisitionOf(framesOf(report, *stack->second)).call;
    return baseName(frame.file) + ":" + std::to_string(frame.line);
  };
  std::unordered_map<Id, std::string> place_cache;
  const auto place = [&](std::optional<Id> id) -> std::string {
    if (!id) return "?";
    const auto [entry, fresh] = place_cache.try_emplace(*id);
    if (fresh) entry->second = placeOf(id);
    return entry->second;
  };
  for (const OrderEdge& edge : report.lock_order) {
    for (const Witness& witness : edge.witnesses) {
      index.locks_of[&witness] = {edge.from, edge.to};
      const std::string edge_text = std::to_string(edge.from) + ">" + std::to_string(edge.to);
      const auto root = index.threads.find(witness.thread);
      std::set<std::pair<Id, int>> held;
      for (const HeldLock& lock : witness.held) held.insert({lock.lock, static_cast<int>(lock.mode)});
      std::string shape = edge_text + "|" + std::to_string(static_cast<int>(witness.from_mode)) +
                          std::to_string(static_cast<int>(witness.to_mode)) +
                          std::to_string(static_cast<int>(witness.request)) + "|" +
                          std::to_string(witness.from_stack.value_or(~Id{0})) + "|" +
                          std::to_string(witness.to_stack.value_or(~Id{0})) + "|" +
                          (root == index.threads.end() ? std::string() : root->second->root);
      for (const auto& [lock, mode] : held) shape += "|" + std::to_string(lock) + "m" + std::to_string(mode);
      Index::Keys& keys = index.keys[&witness];
      keys.shape = std::move(shape);
      keys.place = edge_text + "|" + place(witness.from_stack) + "|" + place(witness.to_stack);
      index.shapes[keys.shape].by_run[witness.run].push_back(&witness);
      index.places[keys.place].by_run[witness.run].push_back(&witness);
    }
  }
}

Feasibility::~Feasibility() = default;

bool Feasibility::single(Id id) const {
  const auto lock = index_->locks.find(id);
  if (lock == index_->locks.end()) return false;
  return lock->second->global || lock->second->instances <= 1;
}

bool Feasibility::isStatic(Id run) const { return index_->static_runs.count(run) > 0; }

const Thread* Feasibility::thread(Id id) const {
  const auto found = index_->threads.find(id);
  return found == index_->threads.end() ? nullptr : found->second;
}

unsigned Feasibility::alone(const Choice& choice, bool self_edge) const {
  unsigned flaws = 0;
  if (choice.witness->request == RequestKind::Try) flaws |= kTry;
  if (choice.witness->request == RequestKind::Timed) flaws |= kTimed;
  // The static pass gives an edge of a class with itself only where any two objects can meet, and
  // says so in the note.
  if (!choice.witness->note.empty() && !self_edge) flaws |= kUnsure;
  return flaws;
}

bool Feasibility::ordered(Id a, Id b) const {
  if (index_->ancestors.size() > 4096) index_->ancestors.clear();
  const auto [entry, fresh] = index_->ancestors.try_emplace(b);
  std::unordered_set<Id>& before = entry->second;
  if (fresh) {
    std::vector<Id> open = {b};
    while (!open.empty()) {
      const Id at = open.back();
      open.pop_back();
      const auto list = index_->before.find(at);
      if (list == index_->before.end()) continue;
      for (Id id : list->second)
        if (before.insert(id).second) open.push_back(id);
    }
  }
  return before.count(a) > 0;
}

bool Feasibility::gated(const Witness& a, Id a_from, Id a_to, const Witness& b, Id b_from, Id b_to,
                        std::string* name) const {
  const auto meet = [&](const HeldLock& x, const HeldLock& y) {
    if (x.lock != y.lock || (x.mode == Mode::Shared && y.mode == Mode::Shared)) return false;
    const bool known = a.run == b.run && x.instance && y.instance;
    if (known && *x.instance != *y.instance) return false;
    // Not known to be one object: a lock of the cycle itself is taken to be another one, as the
    // cycle says; a gate is taken to be the same.
    const bool of_cycle = x.lock == a_from || x.lock == a_to || x.lock == b_from || x.lock == b_to;
    if (!known && of_cycle && (!single(x.lock) || a_from == a_to)) return false;
    if (name) {
      const auto lock = index_->locks.find(x.lock);
      *name = lock == index_->locks.end() ? std::string() : lock->second->name;
    }
    return true;
  };
  const HeldLock from_a{a_from, a.from_instance, a.from_mode};
  const HeldLock from_b{b_from, b.from_instance, b.from_mode};
  if (meet(from_a, from_b)) return true;
  for (const HeldLock& x : a.held)
    if (meet(x, from_b)) return true;
  for (const HeldLock& y : b.held) {
    if (meet(from_a, y)) return true;
    for (const HeldLock& x : a.held)
      if (meet(x, y)) return true;
  }
  return false;
}

// The static pass says of each two segments by themselves whether they can overlap.
bool Feasibility::apart(const Witness& a, const Witness& b) const {
  if (!isStatic(a.run)) return ordered(*a.segment, *b.segment) || ordered(*b.segment, *a.segment);
  const auto before = [this](Id first, Id second) {
    const auto list = index_->before.find(second);
    return list != index_->before.end() &&
           std::find(list->second.begin(), list->second.end(), first) != list->second.end();
  };
  return before(*a.segment, *b.segment) || before(*b.segment, *a.segment);
}

unsigned Feasibility::within(const Witness& a, const Witness& b) const {
  if (a.thread == b.thread) {
    const Thread* row = thread(a.thread);
    if (!row || !row->many) return kOneThread;
  }
  if (a.segment && b.segment && apart(a, b)) return kOrdered;
  const auto& [a_from, a_to] = index_->locks_of.at(&a);
  const auto& [b_from, b_to] = index_->locks_of.at(&b);
  return gated(a, a_from, a_to, b, b_from, b_to, nullptr) ? unsigned{kGate} : 0u;
}

unsigned Feasibility::across(const Choice& a, const Choice& b) {
  const bool mixed = isStatic(a.witness->run) != isStatic(b.witness->run);
  const Index::Keys& a_keys = index_->keys.at(a.witness);
  const Index::Keys& b_keys = index_->keys.at(b.witness);
  const auto& table = mixed ? index_->places : index_->shapes;
  const auto& seen_a = table.at(mixed ? a_keys.place : a_keys.shape).by_run;
  const auto& seen_b = table.at(mixed ? b_keys.place : b_keys.shape).by_run;
  std::optional<unsigned> best;
  for (const auto& [run, witnesses_a] : seen_a) {
    const auto also = seen_b.find(run);
    if (also == seen_b.end()) continue;
    for (std::size_t i = 0; i < std::min(witnesses_a.size(), kWitnessesCompared); ++i)
      for (std::size_t j = 0; j < std::min(also->second.size(), kWitnessesCompared); ++j) {
        const unsigned flaws = within(*witnesses_a[i], *also->second[j]);
        if (!best || count(flaws) < count(*best)) best = flaws;
        if (flaws == 0) return 0;
      }
  }
  if (best) return *best;

  if (mixed) {
    const Thread* x = thread(a.witness->thread);
    const Thread* y = thread(b.witness->thread);
    const Thread* planned = isStatic(a.witness->run) ? x : y;
    if (x && y && !planned->many && !x->root.empty() && stableName(x->root) == stableName(y->root))
      return kOneThread;
  }
  const auto& [a_from, a_to] = index_->locks_of.at(a.witness);
  const auto& [b_from, b_to] = index_->locks_of.at(b.witness);
  return gated(*a.witness, a_from, a_to, *b.witness, b_from, b_to, nullptr) ? unsigned{kGate} : 0u;
}

unsigned Feasibility::pair(const Choice& a, const Choice& b) {
  if (a.witness->run == b.witness->run) return within(*a.witness, *b.witness);
  auto key = std::make_pair(a.witness, b.witness);
  if (key.second < key.first) std::swap(key.first, key.second);
  if (index_->pairs.size() > 1000000) index_->pairs.clear();
  const auto known = index_->pairs.find(key);
  if (known != index_->pairs.end()) return known->second;
  const unsigned flaws = across(a, b);
  index_->pairs[key] = flaws;
  return flaws;
}

// a waits for what b holds.
unsigned Feasibility::adjacent(const Choice& a, const Choice& b, Id id, bool exact) const {
  unsigned flaws = 0;
  if (a.witness->to_mode == Mode::Shared && b.witness->from_mode == Mode::Shared) {
    const auto lock = index_->locks.find(id);
    const bool writer_between =
        lock != index_->locks.end() && lock->second->prefers_writers && index_->written.count(id) > 0;
    if (!writer_between) flaws |= kReaders;
  }
  if (exact || single(id)) return flaws;
  const std::optional<std::uint64_t>& x = a.witness->to_instance;
  const std::optional<std::uint64_t>& y = b.witness->from_instance;
  if (a.witness->run == b.witness->run) {
    if (x && y && *x != *y) flaws |= kOtherObjects;
  } else if (!isStatic(a.witness->run) && !isStatic(b.witness->run)) {
    flaws |= kOtherObjects;
  }
  return flaws;
}

bool Feasibility::search(const std::vector<Hop>& hops, bool exact, unsigned ignored,
                         std::vector<Choice>& chosen, unsigned& found, std::size_t& steps) {
  const std::size_t at = chosen.size();
  if (at == hops.size()) return true;
  const Hop& hop = hops[at];
  const bool self_edge = hop.from == hop.to;
  for (const Choice& choice : hop.choices) {
    if (steps == 0) return false;
    --steps;
    unsigned flaws = alone(choice, self_edge);
    if (at > 0) flaws |= adjacent(chosen.back(), choice, hop.from, exact);
    if (at + 1 == hops.size()) flaws |= adjacent(choice, at == 0 ? choice : chosen.front(), hop.to, exact);
    for (std::size_t i = 0; i < at && (flaws & ~ignored) == 0; ++i) flaws |= pair(chosen[i], choice);
    if ((flaws & ~ignored) != 0) continue;
    const unsigned before = found;
    found |= flaws;
    chosen.push_back(choice);
    if (search(hops, exact, ignored, chosen, found, steps)) return true;
    chosen.pop_back();
    found = before;
  }
  return false;
}

Verdict Feasibility::judge(const std::vector<Hop>& hops, bool exact) {
  std::vector<unsigned> tries = {0};
  for (unsigned flaw = 1; flaw <= kAllFlaws; flaw <<= 1) tries.push_back(flaw);
  tries.push_back(kAllFlaws);
  Verdict verdict;
  for (unsigned ignored : tries) {
    std::size_t steps = steps_;
    unsigned found = 0;
    std::vector<Choice> chosen;
    const bool fits = search(hops, exact, ignored, chosen, found, steps);
    if (steps == 0) verdict.complete = false;
    if (!fits) continue;
    verdict.flaws = found;
    verdict.chosen = std::move(chosen);
    break;
  }
  if (verdict.flaws & kGate) {
    for (std::size_t i = 0; i < verdict.chosen.size(); ++i)
      for (std::size_t j = i + 1; j < verdict.chosen.size(); ++j) {
        const auto& [a_from, a_to] = index_->locks_of.at(verdict.chosen[i].witness);
        const auto& [b_from, b_to] = index_->locks_of.at(verdict.chosen[j].witness);
        if (verdict.gate.empty())
          gated(*verdict.chosen[i].witness, a_from, a_to, *verdict.chosen[j].witness, b_from, b_to,
                &verdict.gate);
      }
  }
  return verdict;
}

bool Feasibility::fits(const std::vector<Hop>& hops, bool exact, const Verdict& verdict, std::size_t hop,
                       const Choice& other) {
  if (verdict.chosen.size() != hops.size()) return false;
  unsigned flaws = alone(other, hops[hop].from == hops[hop].to);
  const std::size_t last = hops.size() - 1;
  const Choice& previous = verdict.chosen[hop == 0 ? last : hop - 1];
  const Choice& next = verdict.chosen[hop == last ? 0 : hop + 1];
  if (hops.size() > 1) {
    flaws |= adjacent(previous, other, hops[hop].from, exact);
    flaws |= adjacent(other, next, hops[hop].to, exact);
  }
  for (std::size_t i = 0; i < hops.size(); ++i)
    if (i != hop) flaws |= pair(verdict.chosen[i], other);
  return (flaws & ~verdict.flaws) == 0;
}

}  // namespace gridlock::model
