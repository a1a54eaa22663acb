// Lock-order edges with their witnesses, and which of them can be at the same time. The cycles are found by
// the model.
#include <algorithm>
#include <memory>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/check.h"
#include "analyzer/link/checks/conflicts.h"

namespace gridlock::link {

namespace {

constexpr std::size_t kWitnesses = 64;  // of one edge
// Stand for the smaller and the larger of two objects: no place.
constexpr std::uint64_t kEnds = 1ull << 62;

class OrderCheck {
 public:
  explicit OrderCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Summary& summary = world_.link.summaries[world_.contexts[c].function];
      for (Index e = 0; e < summary.events.size(); ++e) {
        const Event& event = summary.events[e];
        if (event.kind == EventKind::Acquire) acquired(c, e, event.addr, false);
        if (event.kind == EventKind::Wait) acquired(c, e, event.value, true);
      }
    }
    for (const Order& order : orders_) {
      if (order.way != 0 || !(order.from_exact && order.to_exact))
        ways_[classesOf(order)] |= order.way == 0 ? kAnyWay : order.way;
    }
    for (const Order& order : orders_) {
      if (order.way == 0 || contradicted(order.way, ways_[classesOf(order)])) addEdge(order);
    }
    std::set<model::Id> moments;
    for (auto& [key, edge] : edges_) {
      edge.id = static_cast<model::Id>(reporter_.report.lock_order.size());
      if (onCycle(edge))
        for (const model::Witness& witness : edge.witnesses) moments.insert(*witness.segment);
      reporter_.report.lock_order.push_back(std::move(edge));
    }
    reporter_.orderSegments(moments);
  }

 private:
  void acquired(ContextId c, Index e, SymId lock, bool wait) {
    if (world_.origins[world_.contexts[c].origin].signal) return;
    const Summary& summary = world_.link.summaries[world_.contexts[c].function];
    const Event& event = summary.events[e];
    const Snapshot& snapshot = summary.snapshots[event.snapshot];
    if (!world_.feasible(c, summary, snapshot)) return;
    SetId places = world_.eval(c, lock);
    if (places == 0 || event.lock_kind == LockKind::File) return;
    std::vector<PlaceId> targets = reporter_.lockClasses(places);
    const auto all = std::make_shared<const std::vector<HeldAt>>(world_.heldAt(c, snapshot));
    const std::vector<HeldAt>& held = *all;
    bool exact = world_.set(places).size() == 1 && world_.singlePlace(world_.set(places)[0]);
    Mode to_mode = (event.flags & kEventShared) ? Mode::Shared : Mode::Exclusive;
    bool semaphore = event.lock_kind == LockKind::Semaphore;
    if (semaphore) {
      for (PlaceId place : world_.set(places)) {
        auto it = world_.semaphore_values.find(place);
        if (it == world_.semaphore_values.end() || it->second != 1) return;
      }
    }
    for (const HeldAt& h : held) {
      if (h.maybe || h.soft || h.places == 0) continue;
      if (wait && (h.sym == lock || h.places == places)) continue;
      std::vector<PlaceId> sources = reporter_.lockClasses(h.places);
      bool from_exact = world_.set(h.places).size() == 1 && world_.singlePlace(world_.set(h.places)[0]);
      if (sources.size() * targets.size() > 9) continue;
      for (PlaceId from : sources) {
        bool ignored = false;
        for (PlaceId f : world_.set(h.places)) {
          auto it = world_.semaphore_values.find(f);
          if (it != world_.semaphore_values.end() && it->second != 1) ignored = true;
        }
        if (ignored) continue;
        for (PlaceId to : targets) {
          bool same_class = reporter_.lockName(from) == reporter_.lockName(to);
          if (same_class && (h.sym == lock || (from_exact && exact && from == to))) continue;
          if (same_class && (h.places == places) && (world_.syms.hasStale(h.sym == kNoSym ? lock : h.sym)))
            continue;
          const auto at = static_cast<std::size_t>(&h - held.data());
          const bool vague = sources.size() * targets.size() > 2;
          Order order{c, e, all, at, from, to, from_exact, exact, to_mode, vague, wait, 0};
          order.way = h.sym == kNoSym ? 0 : wayOf(summary, snapshot, h.sym, lock);
          if (same_class && !(from_exact && exact)) {
            if (order.way == 0 && !anyTwo(h.sym, lock)) continue;
          }
          orders_.push_back(order);
          if (!same_class || !from_exact || !exact || order.way != 0) continue;
          order.way = wayOfElements(from, to);
          if (order.way != 0) orders_.push_back(std::move(order));
        }
      }
    }
  }

  // One order of two locks, at one request.
  struct Order {
    ContextId context;
    Index event;
    std::shared_ptr<const std::vector<HeldAt>> held;
    std::size_t at;  // of `held`: the lock that is had
    PlaceId from, to;
    bool from_exact, to_exact;
    Mode to_mode;
    bool vague, wait;
    int way;
  };

  // How a test has chosen which of two objects comes first, as bits.
  enum Way : int {
    kSmallerFirst = 1,
    kLargerFirst = 2,
    kChosen = 4,    // by a test, which way round is not known
    kAnyWay = 8,    // by none
    kUpwards = 16,  // two elements by their numbers
    kDownwards = 32,
  };

  // Smaller first in one place and larger first in another is no order; nor is any where others take the
  // objects as they come.
  static bool contradicted(int way, int ways) {
    switch (way) {
      case kSmallerFirst:
        return (ways & (kAnyWay | kLargerFirst | kDownwards)) != 0;
      case kLargerFirst:
        return (ways & (kAnyWay | kSmallerFirst | kUpwards)) != 0;
      case kUpwards:
        return (ways & kLargerFirst) != 0;
      case kDownwards:
        return (ways & kSmallerFirst) != 0;
      default:
        return (ways & kAnyWay) != 0;
    }
  }

  // `slot[1]` and then `slot[4]`.
  int wayOfElements(PlaceId from, PlaceId to) const {
    const auto element = [&](PlaceId place) {
      while (world_.parts[place].step == facts::StepKind::Field) place = world_.parts[place].parent;
      return place;
    };
    const Part &x = world_.parts[element(from)], &y = world_.parts[element(to)];
    if (x.step != facts::StepKind::Element || y.step != facts::StepKind::Element || x.parent != y.parent ||
        x.index < 0 || y.index < 0 || x.index == y.index)
      return 0;
    return x.index < y.index ? kUpwards : kDownwards;
  }

  std::pair<std::string, std::string> classesOf(const Order& order) const {
    const std::string from = reporter_.lockName(order.from), to = reporter_.lockName(order.to);
    return std::minmax(from, to);
  }

  // Whether locks that are had with the second of an edge's are asked for with its first held.
  bool onCycle(const model::OrderEdge& edge) const {
    std::set<model::Id> seen{edge.to};
    std::vector<model::Id> open{edge.to};
    while (!open.empty()) {
      const model::Id at = open.back();
      open.pop_back();
      if (at == edge.from) return true;
      for (auto it = edges_.lower_bound({at, 0, 0, 0}); it != edges_.end() && std::get<0>(it->first) == at;
           ++it)
        if (seen.insert(std::get<1>(it->first)).second) open.push_back(std::get<1>(it->first));
    }
    return false;
  }

  void addEdge(const Order& order) {
    const ContextId c = order.context;
    const Event& event = world_.link.summaries[world_.contexts[c].function].events[order.event];
    const HeldAt& h = (*order.held)[order.at];
    const PlaceId from = order.from, to = order.to;
    model::Id from_id = reporter_.lock(from), to_id = reporter_.lock(to, event.lock_kind);
    auto key = std::make_tuple(from_id, to_id, static_cast<int>(h.mode), static_cast<int>(order.to_mode));
    model::OrderEdge& edge = edges_[key];
    edge.from = from_id;
    edge.to = to_id;
    edge.from_mode = h.mode;
    edge.to_mode = order.to_mode;
    edge.seen_static = true;
    edge.count = std::max<std::uint64_t>(edge.count, 1);
    const OriginId origin = world_.contexts[c].origin;
    model::Witness witness;
    witness.run = reporter_.run;
    witness.thread = reporter_.thread(origin);
    witness.segment = reporter_.segment(world_.sideAt(c, order.event));
    witness.from_mode = h.mode;
    witness.to_mode = order.to_mode;
    witness.request = order.wait                    ? RequestKind::Blocking
                      : (event.flags & kEventTry)   ? RequestKind::Try
                      : (event.flags & kEventTimed) ? RequestKind::Timed
                                                    : RequestKind::Blocking;
    if (order.from_exact) witness.from_instance = from;
    if (order.to_exact) witness.to_instance = to;
    for (const HeldAt& other : *order.held) {
      if (&other == &h || other.maybe || other.soft) continue;
      std::vector<PlaceId> classes = reporter_.lockClasses(other.places);
      if (classes.size() != 1 || letsAllIn(classes[0], order)) continue;
      model::HeldLock gate;
      gate.lock = reporter_.lock(classes[0]);
      gate.mode = other.mode;
      if (world_.set(other.places).size() == 1 && world_.singlePlace(classes[0])) gate.instance = classes[0];
      if (gate.lock == to_id || gate.lock == from_id) continue;
      if (std::none_of(witness.held.begin(), witness.held.end(),
                       [&](const model::HeldLock& x) { return x.lock == gate.lock; }))
        witness.held.push_back(gate);
    }
    const bool one_class = reporter_.lockName(from) == reporter_.lockName(to);
    if (one_class && (order.way != 0 || !(order.from_exact && order.to_exact)))
      witness.note = "any two objects can meet";
    if (one_class && order.way != 0) {
      // Two that both take the smaller first never meet: they hold different ends.
      const bool up = order.way != kLargerFirst && order.way != kDownwards;
      const std::uint64_t ends = kEnds + (order.way == kChosen ? 2 : 0);
      witness.from_instance = ends + (up ? 0 : 1);
      witness.to_instance = ends + (up ? 1 : 0);
    }
    if (order.vague) witness.note = "which of several locks it is, is not certain";
    // Witnesses that differ only in their stacks are one.
    for (const model::Witness& known : edge.witnesses) {
      bool same_held = known.held.size() == witness.held.size();
      for (std::size_t i = 0; same_held && i < known.held.size(); ++i)
        same_held = known.held[i].lock == witness.held[i].lock && known.held[i].mode == witness.held[i].mode;
      if (same_held && known.thread == witness.thread && known.segment == witness.segment &&
          known.from_instance == witness.from_instance && known.to_instance == witness.to_instance &&
          known.request == witness.request && known.note == witness.note &&
          sites_[{&edge, static_cast<std::size_t>(&known - edge.witnesses.data())}] ==
              std::make_pair(h.primitive, event.gid))
        return;
    }
    if (edge.witnesses.size() >= kWitnesses) {
      reporter_.report.runs.back().dropped["witnesses"]++;
      return;
    }
    witness.from_stack = reporter_.stack(h.context, h.at, h.primitive);
    witness.to_stack = reporter_.stack(c, event.gid);
    sites_[{&edge, edge.witnesses.size()}] = {h.primitive, event.gid};
    edge.witnesses.push_back(std::move(witness));
  }

  // A semaphore that lets in as many as it takes to close the circle is no gate: of elements `i` and
  // `(i + 1) % n` as many as there are, of locks with names as many as are taken under it.
  bool letsAllIn(PlaceId gate, const Order& order) const {
    const auto permits = world_.semaphore_values.find(gate);
    if (permits == world_.semaphore_values.end() || permits->second < 2) return false;
    const SymTable& syms = world_.syms;
    if (reporter_.lockName(order.from) != reporter_.lockName(order.to)) {
      std::set<PlaceId> under;
      for (const Order& other : orders_) {
        for (const HeldAt& h : *other.held) {
          if (world_.set(h.places) != std::vector<std::uint32_t>{gate}) continue;
          under.insert(other.from);
          under.insert(other.to);
        }
      }
      under.erase(gate);
      return permits->second >= static_cast<std::int64_t>(under.size());
    }
    const Event& event = world_.link.summaries[world_.contexts[order.context].function].events[order.event];
    for (SymId lock : {(*order.held)[order.at].sym, order.wait ? event.value : event.addr}) {
      const SymId at = lock == kNoSym ? kNoSym : baseOf(lock);
      if (at == kNoSym || syms[at].kind != SymKind::Element || syms[at].b == kNoSym) continue;
      const Sym& index = syms[syms[at].b];
      if (index.kind == SymKind::Arith &&
          index.n == static_cast<std::int64_t>(facts::Arithmetic::Remainder) &&
          syms[index.b].kind == SymKind::Const)
        return permits->second >= syms[index.b].n;
    }
    return false;
  }

  SymId baseOf(SymId lock) const {
    while (world_.syms[lock].kind == SymKind::Field) lock = world_.syms[lock].a;
    return lock;
  }

  // Whether two objects of one class can be meant in either order: they come
  // from different arguments or indices, and nothing puts them into an order
  // (one reached from the other, smaller first).
  bool anyTwo(SymId from, SymId to) const {
    const SymTable& syms = world_.syms;
    if (from == kNoSym || from == to || syms.hasStale(from) || syms.hasStale(to)) return false;
    SymId x = baseOf(from), y = baseOf(to);
    if (x == y) return false;
    auto indexed = [&](SymId id) { return syms[id].kind == SymKind::Element; };
    if (indexed(x) != indexed(y)) return false;
    if (indexed(x)) {
      if (syms[x].a != syms[y].a || syms[x].b == kNoSym || syms[y].b == kNoSym) return false;
      return plainIndex(syms[x].b) && plainIndex(syms[y].b);
    }
    if (syms.contains(x, y) || syms.contains(y, x)) return false;
    auto argument = [&](SymId id) {
      SymKind kind = syms[id].kind;
      return kind == SymKind::Param || (kind == SymKind::Load && syms[syms[id].a].kind == SymKind::Field &&
                                        syms[syms[syms[id].a].a].kind == SymKind::Param);
    };
    return argument(x) && argument(y) && syms[x].kind == syms[y].kind;
  }

  // Made of arguments, constants and random numbers: nothing has chosen between two.
  bool plainIndex(SymId id) const {
    const Sym& s = world_.syms[id];
    if (s.kind == SymKind::Arith) return plainIndex(s.a) && plainIndex(s.b);
    if (s.kind == SymKind::Load || s.kind == SymKind::Field) return plainIndex(s.a);
    return s.kind == SymKind::Param || s.kind == SymKind::Const ||
           (s.kind == SymKind::Result && isRandom(s.a));
  }

  bool isRandom(Gid gid) const {
    const facts::Instruction& in = world_.program.instruction(gid);
    if (in.kind != facts::InstructionKind::Call || in.callee == kNone) return false;
    const UnitMap& map = *world_.program.functions[world_.program.functionOfGid(gid)].map;
    const facts::Value& callee = map.unit->values[in.callee];
    if (callee.kind != facts::ValueKind::Function) return false;
    const std::string_view name = world_.program.symbols[map.symbols[callee.index]].qualified;
    return name == "rand" || name == "rand_r" || name == "random" || name == "lrand48" || name == "std::rand";
  }

  // `if (a->id < b->id)`: the order is that of the comparison. `first = a < b ? a : b`: that of a test.
  // 0: nothing is compared.
  int wayOf(const Summary& summary, const Snapshot& snapshot, SymId from, SymId to) const {
    const SymTable& syms = world_.syms;
    SymId x = baseOf(from), y = baseOf(to);
    if (eitherOfTwo(x, y)) return kChosen;
    if (const int way = wayOfRounds(x, y)) return way;
    for (const Fact& fact : snapshot.facts) {
      if (syms[fact.sym].kind != SymKind::Compare) continue;
      auto op = static_cast<facts::CompareOp>(syms[fact.sym].n);
      if (op == facts::CompareOp::Eq || op == facts::CompareOp::Ne) continue;
      SymId left = syms[fact.sym].a, right = syms[fact.sym].b;
      const bool forward = syms.contains(left, x) && syms.contains(right, y);
      if (!forward && !(syms.contains(left, y) && syms.contains(right, x))) continue;
      const bool less = op == facts::CompareOp::Lt || op == facts::CompareOp::Le;
      const bool holds = fact.equal != (fact.value == 0);
      return (less == holds) == forward ? kSmallerFirst : kLargerFirst;
    }
    return eitherWay(summary, from, to) ? kChosen : 0;
  }

  // Both are one of the same two.
  bool eitherOfTwo(SymId x, SymId y) const {
    const SymTable& syms = world_.syms;
    if (syms[x].kind == SymKind::Element && syms[y].kind == SymKind::Element && syms[x].a == syms[y].a &&
        syms[x].b != kNoSym && syms[y].b != kNoSym) {
      x = syms[x].b;
      y = syms[y].b;
    }
    if (x == y || syms[x].kind != SymKind::Phi || syms[y].kind != SymKind::Phi) return false;
    const auto one = world_.link.phis.find(x), other = world_.link.phis.find(y);
    if (one == world_.link.phis.end() || other == world_.link.phis.end()) return false;
    std::set<SymId> a(one->second.begin(), one->second.end()), b(other->second.begin(), other->second.end());
    return a.size() == 2 && a == b;
  }

  // `if (id % 2) lock(left), lock(right) else lock(right), lock(left)`: elements that one function takes
  // either way round are told apart by a test of their numbers.
  bool eitherWay(const Summary& summary, SymId from, SymId to) const {
    const SymTable& syms = world_.syms;
    if (syms[baseOf(from)].kind != SymKind::Element || syms[baseOf(to)].kind != SymKind::Element)
      return false;
    return std::any_of(summary.events.begin(), summary.events.end(), [&](const Event& other) {
      if (other.kind != EventKind::Acquire || other.addr != from) return false;
      const std::vector<Held>& locks = summary.snapshots[other.snapshot].locks;
      return std::any_of(locks.begin(), locks.end(), [&](const Held& h) { return h.lock == to; });
    });
  }

  std::optional<std::int64_t> number(SymId id) const {
    const Sym& s = world_.syms[id];
    if (s.kind == SymKind::Const) return s.n;
    if (s.kind != SymKind::Arith) return std::nullopt;
    const auto left = number(s.a), right = number(s.b);
    if (!left || !right) return std::nullopt;
    if (s.n == static_cast<std::int64_t>(facts::Arithmetic::Add)) return *left + *right;
    if (s.n == static_cast<std::int64_t>(facts::Arithmetic::Subtract)) return *left - *right;
    return std::nullopt;
  }

  // The rounds of a loop that takes all elements, upwards or downwards.
  int wayOfRounds(SymId x, SymId y) const {
    const SymTable& syms = world_.syms;
    if (syms[x].kind != SymKind::Element || syms[y].kind != SymKind::Element || syms[x].a != syms[y].a ||
        syms[x].b == kNoSym || syms[y].b == kNoSym)
      return 0;
    const auto first = number(syms[x].b), second = number(syms[y].b);
    if (!first || !second || *first == *second) return 0;
    return *first < *second ? kSmallerFirst : kLargerFirst;
  }

  Reporter& reporter_;
  World& world_;
  std::vector<Order> orders_;
  std::map<std::pair<std::string, std::string>, int> ways_;  // by two locks, in any order
  std::map<std::tuple<model::Id, model::Id, int, int>, model::OrderEdge> edges_;
  std::map<std::pair<const model::OrderEdge*, std::size_t>, std::pair<Gid, Gid>> sites_;
};

}  // namespace

void checkLockOrders(Reporter& reporter) { OrderCheck(reporter).run(); }

}  // namespace gridlock::link
