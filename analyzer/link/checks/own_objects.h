// Which accesses reach an object that their own thread has made by a name of its own: a local, what it has
// just allocated, what its callers pass down of those. What is found in memory may be another thread's.
//
// Tells threads of one kind apart whose objects have one name. Says nothing of what is published.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "analyzer/link/world.h"

namespace gridlock::link {

class OwnObjects {
 public:
  // `world` must outlive this, and be complete.
  explicit OwnObjects(World& world);

  bool reachedBy(const Access& access) const;

 private:
  using Seen = std::set<std::pair<ContextId, SymId>>;
  bool own(ContextId context, SymId address, Seen& seen) const;
  bool ownArgument(ContextId context, std::uint32_t argument, Seen& seen) const;

  World& world_;
  std::vector<std::vector<std::pair<ContextId, Gid>>> callers_;  // by context
};

}  // namespace gridlock::link
