// Which variables are flags by which threads keep one another out: `busy`, `writers`, a hand-made
// mutex. Such a flag is set to a number somewhere, and back to 0 somewhere.
//
// Only of these is it worth knowing, path by path, who has set them: see flow_sections.cpp.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "analyzer/link/program.h"

namespace gridlock::link {

class StateFlags {
 public:
  StateFlags() = default;
  explicit StateFlags(const Program& program);
  // By the key that `writeKey` gives an address.
  bool contains(std::uint64_t key) const { return keys_.count(key) > 0; }
  // A variable that only one thread sets, and others look at: `if (threaded) lock();`.
  bool isSetting(Index symbol) const { return settings_.count(symbol) > 0; }
  // Counted up somewhere, and down somewhere.
  bool counts(std::uint64_t key) const { return counters_.count(key) > 0; }

 private:
  void findSettings(const Program& program);
  std::unordered_set<std::uint64_t> keys_, counters_;
  std::unordered_set<Index> settings_;  // symbols
};

}  // namespace gridlock::link
