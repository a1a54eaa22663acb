// The lock-order analysis; see lock_order.h.
//
// Two graphs are searched, each for the cycles that the one before left open:
//   1. objects: what one run saw or the static pass knows by name, with the instances of a class apart.
//      Its cycles close at the same objects, so five philosophers are a cycle of one class with itself.
//   2. classes: everything, the static pass and other runs too. Its cycles close at classes; where
//      only the classes are known to meet, that is the reason for less confidence.
// Locks of which there is one in a process are one node in both, so that runs join there.
//
// An edge (of classes) is done when a feasible cycle through it is found: that cycle is reported.
// Longer cycles all of whose edges are done say nothing new. Cycles that cannot happen are counted,
// and shown as notes as far as their edges are not in any finding.
#include "analyzer/model/lock_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/model/cycle_finding.h"
#include "analyzer/model/cycle_search.h"
#include "analyzer/model/feasibility.h"

namespace gridlock::model {
namespace {

constexpr std::size_t kArcsLookedAt = 20000000;
constexpr std::size_t kTriesPerKey = 64;  // cycles of the same classes that are judged
constexpr std::size_t kChoicesPerHop = 256;

using ClassPair = std::pair<Id, Id>;
using CycleKey = std::vector<ClassPair>;  // the class edges of a cycle, sorted

// A node: a lock, with run and instance where there are several objects of it.
using NodeKey = std::tuple<Id, Id, std::uint64_t>;
constexpr Id kEveryRun = ~Id{0};

CycleKey keyOf(const std::vector<Hop>& hops) {
  CycleKey key;
  for (const Hop& hop : hops) key.emplace_back(hop.from, hop.to);
  std::sort(key.begin(), key.end());
  key.erase(std::unique(key.begin(), key.end()), key.end());
  return key;
}

struct Found {
  std::vector<Hop> hops;
  Verdict verdict;
  bool exact = false;
};

class Analysis {
 public:
  Analysis(Report& report, const LockOrderBounds& bounds)
      : report_(report), bounds_(bounds), feasibility_(report, bounds.steps) {}

  void run() {
    for (const Finding& finding : report_.findings)
      if (finding.confidence != Confidence::Possible &&
          (finding.rule == Rule::Deadlock || finding.rule == Rule::SelfDeadlock))
        deadlocks_.emplace_back(finding.locks.begin(), finding.locks.end());
    searchGraph(true);
    searchGraph(false);
    std::vector<Finding> findings;
    report(findings);
    for (Finding& finding : findings) report_.findings.push_back(std::move(finding));
  }

 private:
  struct Graph {
    std::map<NodeKey, std::size_t> nodes;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> arc_of;
    std::vector<Arc> arcs;
    std::vector<Hop> hops;  // by arc
  };

  std::size_t node(Graph& graph, Id lock, const Witness& witness,
                   const std::optional<std::uint64_t>& instance, bool exact) {
    NodeKey key{lock, kEveryRun, 0};
    if (exact && !feasibility_.single(lock)) key = {lock, witness.run, instance.value_or(0)};
    return graph.nodes.try_emplace(key, graph.nodes.size()).first->second;
  }

  void addArc(Graph& graph, std::size_t from, std::size_t to, const OrderEdge& edge, const Witness& witness) {
    const auto [entry, fresh] = graph.arc_of.try_emplace({from, to}, graph.arcs.size());
    if (fresh) {
      graph.arcs.push_back({from, to});
      graph.hops.push_back({edge.from, edge.to, {}});
    }
    graph.hops[entry->second].choices.push_back({&witness, edge.id});
  }

  Graph build(bool exact) {
    Graph graph;
    for (const OrderEdge& edge : report_.lock_order) {
      const bool all_known = std::all_of(edge.witnesses.begin(), edge.witnesses.end(),
                                         [&](const Witness& w) { return known(edge, w) && w.note.empty(); });
      for (const Witness& witness : edge.witnesses) {
        const bool planned = feasibility_.isStatic(witness.run);
        const bool several = !feasibility_.single(edge.from) || !feasibility_.single(edge.to);
        const bool objects = known(edge, witness) && witness.note.empty();
        if (exact && several && !objects) continue;
        // One order of two objects of a class is no cycle; the static pass tells when both can be. Where it
        // knows the objects of all of them, they are in the graph of objects.
        if (edge.from == edge.to && !exact && (!planned || (objects && all_known))) continue;
        const std::size_t from = node(graph, edge.from, witness, witness.from_instance, exact);
        const std::size_t to = node(graph, edge.to, witness, witness.to_instance, exact);
        if (from == to && (exact || edge.from != edge.to)) continue;
        addArc(graph, from, to, edge, witness);
      }
    }
    for (Hop& hop : graph.hops) sortChoices(hop);
    return graph;
  }

  bool known(const OrderEdge& edge, const Witness& witness) const {
    return (feasibility_.single(edge.from) || witness.from_instance) &&
           (feasibility_.single(edge.to) || witness.to_instance);
  }

  // The most certain first: what is chosen must not depend on the order of the input.
  void sortChoices(Hop& hop) {
    const auto rank = [this](const Choice& choice) {
      const Witness& w = *choice.witness;
      return std::make_tuple(!w.note.empty(), w.request, feasibility_.isStatic(w.run), !w.exact,
                             w.held.size(), w.run, w.to_stack.value_or(0), w.from_stack.value_or(0), w.thread,
                             w.segment.value_or(0), choice.edge);
    };
    std::stable_sort(hop.choices.begin(), hop.choices.end(),
                     [&](const Choice& a, const Choice& b) { return rank(a) < rank(b); });
    if (hop.choices.size() > kChoicesPerHop) {
      cut_ = true;
      hop.choices.resize(kChoicesPerHop);
    }
  }

  void searchGraph(bool exact) {
    graphs_.push_back(build(exact));
    const Graph& graph = graphs_.back();
    CycleSearch search(graph.nodes.size(), graph.arcs, kArcsLookedAt);
    const auto open = [&](std::size_t arc) {
      const Hop& hop = graph.hops[arc];
      return search.onCycle(arc) && done_.count({hop.from, hop.to}) == 0;
    };
    for (std::size_t arc = 0; arc < graph.arcs.size(); ++arc)
      if (open(arc)) consider(graph, search.shortest(arc), exact);
    std::size_t left = bounds_.cycles;
    for (std::size_t arc = 0; arc < graph.arcs.size(); ++arc) {
      if (!open(arc)) continue;
      std::size_t tried = 0;
      bool complete = left > 0;
      if (complete)
        complete = search.each(arc, bounds_.cycle_length, [&](const ArcCycle& cycle) {
          if (left == 0 || ++tried > bounds_.cycles_per_edge) return false;
          --left;
          return !consider(graph, cycle, exact);
        });
      if (open(arc) && (!complete || left == 0 || tried > bounds_.cycles_per_edge)) ++not_looked_at_;
    }
    if (search.exhausted()) cut_ = true;
  }

  // Judges a cycle; true when it is feasible.
  bool consider(const Graph& graph, const ArcCycle& cycle, bool exact) {
    if (cycle.empty()) return false;
    Found found;
    found.exact = exact;
    for (std::size_t arc : cycle) found.hops.push_back(graph.hops[arc]);
    // A class with itself: two threads, each with its own two objects.
    if (cycle.size() == 1) found.hops.push_back(found.hops.front());
    const CycleKey key = keyOf(found.hops);
    if (++tries_[key] > kTriesPerKey && harmless_.count(key)) return false;
    found.verdict = feasibility_.judge(found.hops, exact);
    if (!found.verdict.complete && found.verdict.flaws != 0) ++not_looked_at_;
    if (found.verdict.chosen.empty()) return false;
    if (found.verdict.flaws == 0) {
      for (const ClassPair& pair : key) done_.insert(pair);
      feasible_.emplace(key, std::move(found));
      return true;
    }
    const auto [entry, fresh] = harmless_.try_emplace(key, found);
    if (!fresh && better(found, entry->second)) entry->second = std::move(found);
    return false;
  }

  // Which of two harmless cycles of the same classes is shown: the one that is closest to happening.
  static bool better(const Found& a, const Found& b) {
    const auto rank = [](const Found& found) {
      return std::make_tuple(__builtin_popcount(found.verdict.flaws), !found.exact, found.hops.size());
    };
    return rank(a) < rank(b);
  }

  bool coveredByDeadlock(const CycleKey& key) const {
    return std::any_of(deadlocks_.begin(), deadlocks_.end(), [&](const std::set<Id>& locks) {
      return std::all_of(key.begin(), key.end(),
                         [&](const ClassPair& pair) { return locks.count(pair.first) > 0; });
    });
  }

  void report(std::vector<Finding>& findings) {
    std::set<ClassPair> shown = done_;
    for (const auto& [key, found] : feasible_)
      if (!coveredByDeadlock(key))
        findings.push_back(cycleFinding(report_, feasibility_, found.hops, found.verdict, found.exact));

    std::vector<const std::pair<const CycleKey, Found>*> rest;
    for (const auto& entry : harmless_) {
      if (feasible_.count(entry.first)) continue;
      ++report_.harmless_cycles[std::string(flawName(entry.second.verdict.flaws))];
      rest.push_back(&entry);
    }
    std::stable_sort(rest.begin(), rest.end(), [](const auto* a, const auto* b) {
      return a->second.hops.size() < b->second.hops.size();
    });
    std::size_t notes = 0;
    for (const auto* entry : rest) {
      const CycleKey& key = entry->first;
      // Two independent reasons, one of which says that the objects never met: counted, and not worth
      // reading.
      const unsigned flaws = entry->second.verdict.flaws;
      if ((flaws & kOtherObjects) != 0 && flaws != kOtherObjects) continue;
      if (coveredByDeadlock(key)) continue;
      if (notes == bounds_.notes) break;
      if (std::all_of(key.begin(), key.end(), [&](const ClassPair& pair) { return shown.count(pair) > 0; }))
        continue;
      shown.insert(key.begin(), key.end());
      ++notes;
      const Found& found = entry->second;
      findings.push_back(cycleFinding(report_, feasibility_, found.hops, found.verdict, found.exact));
    }
    if (not_looked_at_ > 0 || cut_)
      report_.harmless_cycles["not looked at: a bound was reached"] +=
          std::max<std::uint64_t>(1, not_looked_at_);
  }

  Report& report_;
  const LockOrderBounds bounds_;
  Feasibility feasibility_;
  std::vector<Graph> graphs_;
  std::vector<std::set<Id>> deadlocks_;
  std::set<ClassPair> done_;
  std::map<CycleKey, Found> feasible_;
  std::map<CycleKey, Found> harmless_;
  std::map<CycleKey, std::size_t> tries_;
  std::uint64_t not_looked_at_ = 0;
  bool cut_ = false;
};

}  // namespace

void analyseLockOrders(Report& report, const LockOrderBounds& bounds) {
  report.harmless_cycles.clear();
  if (report.lock_order.empty()) return;
  Analysis(report, bounds).run();
}

}  // namespace gridlock::model
