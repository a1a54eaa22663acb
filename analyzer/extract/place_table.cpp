// See place_table.h. The key is the row's content as bytes.
#include "analyzer/extract/place_table.h"

#include <utility>

namespace gridlock::extract {
namespace {

void put(std::string& key, std::uint64_t value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

facts::PathId PlaceTable::add(facts::Path path) {
  std::string key;
  key.reserve(24 + 12 * path.steps.size());
  put(key, static_cast<std::uint64_t>(path.root) << 32 | path.index);
  put(key, static_cast<std::uint64_t>(path.type) << 32 | path.text);
  for (const facts::Step& step : path.steps)
    put(key, static_cast<std::uint64_t>(step.kind) << 40 | static_cast<std::uint64_t>(step.element) << 32 |
                 step.index);
  const auto [at, is_new] = path_ids_.try_emplace(std::move(key), static_cast<facts::PathId>(paths_.size()));
  if (is_new) paths_.push_back(std::move(path));
  return at->second;
}

facts::ValueId PlaceTable::add(const facts::Value& value) {
  std::string key;
  key.reserve(32);
  put(key, static_cast<std::uint64_t>(value.kind) << 40 | static_cast<std::uint64_t>(value.op) << 32 |
               value.index);
  put(key, static_cast<std::uint64_t>(value.number));
  put(key, static_cast<std::uint64_t>(value.left) << 32 | value.right);
  const auto [at, is_new] =
      value_ids_.try_emplace(std::move(key), static_cast<facts::ValueId>(values_.size()));
  if (is_new) values_.push_back(value);
  return at->second;
}

}  // namespace gridlock::extract
