// Paths and values, each stored once: equal ones get the same id.
//
// There is one for the function being lowered and one for the unit; `reduce` moves from the first to
// the second what a function still refers to, so that the unit holds no garbage.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/facts/facts.h"

namespace gridlock::extract {

class PlaceTable {
 public:
  PlaceTable(std::vector<facts::Path>& paths, std::vector<facts::Value>& values)
      : paths_(paths), values_(values) {}

  facts::PathId add(facts::Path path);
  facts::ValueId add(const facts::Value& value);

  const facts::Path& path(facts::PathId id) const { return paths_[id]; }
  const facts::Value& value(facts::ValueId id) const { return values_[id]; }

 private:
  std::vector<facts::Path>& paths_;
  std::vector<facts::Value>& values_;
  std::unordered_map<std::string, facts::PathId> path_ids_;
  std::unordered_map<std::string, facts::ValueId> value_ids_;
};

}  // namespace gridlock::extract
