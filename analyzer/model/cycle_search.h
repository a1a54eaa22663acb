// Cycles of a directed graph: strongly connected components, the shortest cycle through an edge, and
// the other simple cycles through it in order of length. Knows nothing of locks.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace gridlock::model {

struct Arc {
  std::size_t from = 0;
  std::size_t to = 0;
};

// A path of arcs, by their indices, that ends where it begins and meets no node twice.
using ArcCycle = std::vector<std::size_t>;

class CycleSearch {
 public:
  // Arcs of a node to itself are allowed and are cycles of length 1. `budget` bounds the number of
  // arcs looked at by all calls together; exhausted() tells that something was cut.
  CycleSearch(std::size_t nodes, std::vector<Arc> arcs, std::size_t budget);

  // Whether any cycle goes through the arc.
  bool onCycle(std::size_t arc) const;

  // The shortest cycle that begins with this arc; empty when there is none. Among equally short ones
  // the one whose arcs come first.
  ArcCycle shortest(std::size_t arc);

  // Calls `visit` with simple cycles that begin with this arc, shorter ones first, up to `longest`
  // arcs, until it returns false. Gives false when the budget or `longest` cut the search.
  bool each(std::size_t arc, std::size_t longest, const std::function<bool(const ArcCycle&)>& visit);

  bool exhausted() const { return budget_ == 0; }

 private:
  bool spend();
  void findComponents();
  std::vector<std::size_t> measureTo(std::size_t node);
  bool walk(std::size_t arc, std::size_t longest, const std::function<bool(const ArcCycle&)>& visit);

  std::vector<Arc> arcs_;
  std::vector<std::vector<std::size_t>> out_;  // arcs that leave a node, in order
  std::vector<std::vector<std::size_t>> in_;
  std::vector<std::size_t> component_;
  std::vector<std::size_t> component_size_;
  // Scratch, clean between calls: a call costs what it visits, not the size of the graph.
  std::vector<std::size_t> reached_by_;
  std::vector<std::size_t> distance_;
  std::vector<char> on_path_;
  std::size_t budget_;
};

}  // namespace gridlock::model
