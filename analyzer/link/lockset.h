// Bottom-up: the summary of every function, callees before callers.
//
// Within a function, locks are named symbolically and followed per path
// (flow.h). A callee's effects are applied at its calls. Functions that call
// one another in a cycle are taken twice; indirect calls whose targets are not
// plain to see have no effect on what is held here, and are resolved by
// `world`.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "analyzer/link/mode_flags.h"
#include "analyzer/link/models.h"
#include "analyzer/link/program.h"
#include "analyzer/link/state_flags.h"
#include "analyzer/link/summary.h"
#include "analyzer/link/symbolic.h"

namespace gridlock::link {

// Marks the key of a function's own array among those of fields and globals.
inline constexpr std::uint64_t kIndexedArray = 4ull << 40;

struct LinkContext {
  Program& program;
  const Models& models;
  ModeFlags mode_flags;
  StateFlags state_flags;
  SymTable syms;
  std::vector<Summary> summaries;    // by function
  std::set<Gid> released_by_caller;  // lock calls whose lock a caller of their
                                     // function drops
  // What a merged variable may hold, by its Phi.
  std::unordered_map<SymId, std::vector<SymId>> phis;
  // What a loop's variable is compared with, by its Phi.
  std::unordered_map<SymId, std::vector<SymId>> bounds;
  // Fields (by writeKey) and arrays of numbers of which each element of an array gets its own, made of its
  // index: whether all that is written to them is so.
  std::map<std::uint64_t, bool> indexed;
  std::unordered_map<Gid, SymId> counted;  // where references are counted down: the counter's address there
  std::set<Gid> leaving;                   // starts of threads that may leave threads of their own running
  Index section = kNone;                   // the symbol that stands for the program's atomic section
  std::set<std::uint64_t> awaited_keys;    // writeKeys of flags that someone waits for
  // Pseudo fields: of containers, pairs and guards.
  Index element_field, second_field, first_field, mutex_field[4], owned_field, readers_field;

  LinkContext(Program& p, const Models& m);
};

// What a write changes, in terms that hold in every function: a field or a
// global; 0: neither.
std::uint64_t writeKey(const SymTable& syms, SymId address);

// The classes of what an object of this class of the library destroys with itself.
std::vector<Index> destroyedWith(const Program& program, const Models& models, Index record);

void summarise(LinkContext& context);

}  // namespace gridlock::link
