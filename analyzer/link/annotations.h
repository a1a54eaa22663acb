// Says in the source what guards a piece of state: GUARDED_BY at its declaration, REQUIRES at the functions
// that rely on their callers' lock.
//
// Proposed only where Clang's -Wthread-safety would agree with every access but the ones that a finding is
// about: the lock is one that Clang checks (or std::mutex, behind macros that stand for nothing where the
// library's locks are not annotated), it lies beside the state or is a variable declared before it, and it
// is taken in a way that Clang sees. In doubt there is no edit.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/link/check.h"

namespace gridlock::link {

class AnnotationProposer {
 public:
  explicit AnnotationProposer(Reporter& reporter);

  // The edits for `state` and, as message, the annotation in words; guarded by `guard` but at the
  // instructions in `defects`. None: nothing to propose.
  std::optional<model::Fix> propose(PlaceId state, PlaceId guard, const std::set<Gid>& defects);

 private:
  struct Where {
    const facts::Unit* unit = nullptr;
    const facts::AnnotationPlace* place = nullptr;
    std::string_view file;
  };
  struct Lock;  // the guard, as declarations name it
  struct Uses;  // the state, at all its accesses

  Where placeOfField(Index field) const;
  Where placeOfSymbol(Index symbol) const;
  std::optional<Lock> lockOf(PlaceId guard) const;
  bool visibleToClang(Gid acquisition, const Lock& lock) const;
  bool gatherUses(PlaceId state, const Lock& lock, const std::set<Gid>& defects, Uses& uses);
  bool othersAgree(const Lock& lock, const Uses& uses) const;
  bool holdsEverywhere(Index function, const Lock& lock) const;
  bool isLock(SetId places, const Lock& lock, PlaceId beside) const;
  bool isExempt(Index function) const;
  bool annotate(const Where& where, const Lock& lock, bool is_state, std::vector<model::Edit>& edits) const;

  Reporter& reporter_;
  World& world_;
  std::map<Index, Where> fields_, symbols_;
  std::map<Index, std::vector<Index>> functions_of_;  // functions that touch a field
  std::set<Index> acquires_, requires_lock_, annotated_fields_, annotated_symbols_;
  std::map<Index, std::vector<const Access*>> accesses_of_field_, accesses_of_symbol_;
};

}  // namespace gridlock::link
