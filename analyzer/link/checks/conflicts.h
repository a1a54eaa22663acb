// Whether two accesses are a race: one writes, not both are atomic, their places overlap, both threads can be
// there at the same time, no lock is common, and nothing else orders them.
//
// Says nothing of how sure that is, and reports nothing: that is data_race.cpp's.
#pragma once

#include <map>
#include <set>

#include "analyzer/link/checks/own_objects.h"
#include "analyzer/link/world.h"

namespace gridlock::link {

class Conflicts {
 public:
  // `world` must outlive this, and be complete.
  explicit Conflicts(World& world) : world_(world), own_(world) { collectSignals(); }

  bool between(const Access& a, const Access& b) const;
  // Whether the two are never at the same time, whatever they do: one thread, or one order.
  bool apart(const Access& a, const Access& b) const;

  // Whether a lock that both hold keeps them apart.
  bool protectedPair(const Access& a, const Access& b) const;

 private:
  void collectSignals();
  bool opensWhenAllHaveCome(PlaceId token, const std::set<OriginId>& who) const;
  bool ordered(const Access& a, const Access& b) const;
  bool onlyBy(const Access& a, PlaceId token) const;
  bool ownOfStarter(const Access& access) const;
  bool underLockHadBy(const Access& other, const Access& side) const;
  bool takenUnder(const Access& a, const Access& b) const;
  bool createdUnder(const Access& a, const Access& b) const;
  bool ownSlot(const Access& starter, const Access& thread) const;
  bool neighbours(const Access& a, const Access& b) const;

  World& world_;
  OwnObjects own_;
  std::map<PlaceId, std::set<OriginId>> signallers_;
};

}  // namespace gridlock::link
