// Cycles of a directed graph; see cycle_search.h. Components by Tarjan's algorithm without recursion;
// further cycles by iterative deepening, cut where the way back is longer than what is left.
#include "analyzer/model/cycle_search.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gridlock::model {
namespace {

constexpr std::size_t kFar = std::numeric_limits<std::size_t>::max();

}  // namespace

CycleSearch::CycleSearch(std::size_t nodes, std::vector<Arc> arcs, std::size_t budget)
    : arcs_(std::move(arcs)),
      out_(nodes),
      in_(nodes),
      component_(nodes, kFar),
      reached_by_(nodes, kFar),
      distance_(nodes, kFar),
      on_path_(nodes, 0),
      budget_(budget) {
  for (std::size_t i = 0; i < arcs_.size(); ++i) {
    out_[arcs_[i].from].push_back(i);
    in_[arcs_[i].to].push_back(i);
  }
  findComponents();
}

bool CycleSearch::spend() {
  if (budget_ == 0) return false;
  --budget_;
  return true;
}

void CycleSearch::findComponents() {
  const std::size_t count = out_.size();
  std::vector<std::size_t> order(count, kFar);
  std::vector<std::size_t> low(count, 0);
  std::vector<std::size_t> open;                          // nodes whose component is not known yet
  std::vector<std::pair<std::size_t, std::size_t>> path;  // node, next of its arcs
  std::size_t next_order = 0;
  std::size_t next_component = 0;
  for (std::size_t root = 0; root < count; ++root) {
    if (order[root] != kFar) continue;
    path.emplace_back(root, 0);
    while (!path.empty()) {
      const std::size_t node = path.back().first;
      if (order[node] == kFar) {
        order[node] = low[node] = next_order++;
        open.push_back(node);
      }
      bool descended = false;
      while (path.back().second < out_[node].size()) {
        const std::size_t to = arcs_[out_[node][path.back().second]].to;
        if (order[to] == kFar) {
          path.emplace_back(to, 0);
          descended = true;
          break;
        }
        if (component_[to] == kFar) low[node] = std::min(low[node], low[to]);
        ++path.back().second;
      }
      if (descended) continue;
      if (low[node] == order[node]) {
        std::size_t member = kFar;
        std::size_t size = 0;
        do {
          member = open.back();
          open.pop_back();
          component_[member] = next_component;
          ++size;
        } while (member != node);
        component_size_.push_back(size);
        ++next_component;
      }
      path.pop_back();
    }
  }
}

bool CycleSearch::onCycle(std::size_t arc) const {
  return arcs_[arc].from == arcs_[arc].to || component_[arcs_[arc].from] == component_[arcs_[arc].to];
}

ArcCycle CycleSearch::shortest(std::size_t arc) {
  const Arc& first = arcs_[arc];
  if (!onCycle(arc)) return {};
  if (first.from == first.to) return {arc};
  ArcCycle cycle;
  std::vector<std::size_t> queue = {first.to};
  for (std::size_t head = 0; head < queue.size() && cycle.empty(); ++head) {
    for (std::size_t next : out_[queue[head]]) {
      if (!spend()) break;
      const std::size_t to = arcs_[next].to;
      if (component_[to] != component_[first.from] || to == first.to || reached_by_[to] != kFar) continue;
      reached_by_[to] = next;
      queue.push_back(to);
      if (to != first.from) continue;
      for (std::size_t at = first.from; at != first.to; at = arcs_[reached_by_[at]].from)
        cycle.push_back(reached_by_[at]);
      cycle.push_back(arc);
      std::reverse(cycle.begin(), cycle.end());
      break;
    }
  }
  for (std::size_t node : queue) reached_by_[node] = kFar;
  return cycle;
}

// Fills distance_ for the nodes it gives back.
std::vector<std::size_t> CycleSearch::measureTo(std::size_t node) {
  distance_[node] = 0;
  std::vector<std::size_t> queue = {node};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    for (std::size_t arc : in_[queue[head]]) {
      if (!spend()) return queue;
      const std::size_t from = arcs_[arc].from;
      if (component_[from] != component_[node] || distance_[from] != kFar) continue;
      distance_[from] = distance_[queue[head]] + 1;
      queue.push_back(from);
    }
  }
  return queue;
}

bool CycleSearch::each(std::size_t arc, std::size_t longest,
                       const std::function<bool(const ArcCycle&)>& visit) {
  if (!onCycle(arc)) return true;
  if (arcs_[arc].from == arcs_[arc].to) {
    visit({arc});
    return true;
  }
  const std::vector<std::size_t> measured = measureTo(arcs_[arc].from);
  const bool complete = !exhausted() && walk(arc, longest, visit);
  for (std::size_t node : measured) {
    distance_[node] = kFar;
    on_path_[node] = 0;
  }
  return complete;
}

bool CycleSearch::walk(std::size_t arc, std::size_t longest,
                       const std::function<bool(const ArcCycle&)>& visit) {
  const Arc& first = arcs_[arc];
  const std::size_t nodes = component_size_[component_[first.from]];
  const std::size_t most = std::min(longest, nodes);
  for (std::size_t length = distance_[first.to] + 1; length <= most; ++length) {
    // All simple paths from first.to to first.from of exactly length - 1 arcs.
    ArcCycle cycle = {arc};
    std::vector<std::pair<std::size_t, std::size_t>> path = {{first.to, 0}};  // node, next of its arcs
    on_path_[first.to] = 1;
    while (!path.empty()) {
      const std::size_t node = path.back().first;
      if (path.back().second == out_[node].size()) {
        on_path_[node] = 0;
        path.pop_back();
        cycle.pop_back();
        continue;
      }
      const std::size_t next = out_[node][path.back().second++];
      if (!spend()) return false;
      const std::size_t to = arcs_[next].to;
      const std::size_t used = cycle.size() + 1;
      if (on_path_[to] || distance_[to] == kFar || used + distance_[to] > length) continue;
      if (to == first.from) {
        if (used != length) continue;  // met in an earlier round
        cycle.push_back(next);
        if (!visit(cycle)) return true;
        cycle.pop_back();
        continue;
      }
      on_path_[to] = 1;
      path.emplace_back(to, 0);
      cycle.push_back(next);
    }
  }
  return most == nodes;
}

}  // namespace gridlock::model
