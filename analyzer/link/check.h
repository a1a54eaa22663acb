// A check: the program's world in, findings (or rows of the report) out. One
// file a rule, in checks/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyzer/link/world.h"
#include "analyzer/model/report.h"

namespace gridlock::link {

// Gives places of the program their rows in the report. Rows are made when
// first asked for.
class Reporter {
 public:
  Reporter(World& world, model::Report& report, model::Id run);

  model::Id site(Gid gid);
  model::Id site(Place place, std::string_view function);
  model::Id stack(ContextId context, Gid gid, Gid primitive = 0);
  model::Id thread(OriginId origin);
  model::Id lock(PlaceId place, LockKind kind = LockKind::Mutex);
  model::Location location(Gid gid, std::string role);
  std::string lockName(PlaceId place) const;
  std::string where(Gid gid) const;  // file.c:12
  std::string threadName(OriginId origin) const;
  std::string fileName(Place place) const;
  LockKind kindOf(PlaceId place, LockKind seen) const;
  // The lock classes that a set of places belongs to; empty when they are too
  // many to say.
  std::vector<PlaceId> lockClasses(SetId places) const;
  // When something is done, as far as it tells what else can go on meanwhile.
  model::Id segment(const Access& side);
  // Says which of these segments are never at the same time.
  void orderSegments(const std::set<model::Id>& which);

  World& world;
  model::Report& report;
  model::Id run;
  std::set<Gid> leaked;  // lock calls whose lock is not released: what follows
                         // from that is one defect

 private:
  std::map<std::tuple<Index, std::uint32_t, std::uint32_t, std::string>, model::Id> sites_;
  std::map<std::vector<model::Id>, model::Id> stacks_;
  std::map<OriginId, model::Id> threads_;
  std::map<std::pair<std::string, Place>, model::Id> locks_;
  std::map<model::Id, PlaceId> lock_places_;  // the first place of each
  using Moment = std::tuple<OriginId, SetId, SetId, SetId, SetId, SetId, std::uint32_t, std::uint64_t>;
  std::map<Moment, model::Id> segments_;
  std::map<model::Id, Access> moments_;  // by segment
};

void checkDataRaces(Reporter& reporter);
void checkLockOrders(Reporter& reporter);  // edges
void checkRelocks(Reporter& reporter);     // self-deadlock, recursive-read
void checkSignals(Reporter& reporter);     // signal-unsafe-lock
void checkReleases(Reporter& reporter);    // lock-not-released, unlock-not-held,
                                           // destroy-locked
void checkInvalidLocks(Reporter& reporter);
void checkWaits(Reporter& reporter);       // wrong-mutex, wait-without-predicate, joins under a lock
void checkLockouts(Reporter& reporter);    // wait-while-holding
void checkStuckWaits(Reporter& reporter);  // lost-wakeup
void checkBlocking(Reporter& reporter);    // blocking-while-locked
void checkUnusedGuards(Reporter& reporter);
void addCriticalSections(Reporter& reporter);

}  // namespace gridlock::link
