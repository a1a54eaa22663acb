// Can the edges of a lock-order cycle all be waiting at the same time?
//
// Each hop of a cycle has witnesses: ways in which its edge was seen. A cycle can deadlock when one
// witness for each hop can be chosen so that no flaw remains (Goodlock; Bensalem and Havelund):
// different threads, no common gate lock, no start or join order, modes that block, waits that do
// not give up. What remains otherwise is the reason why it is harmless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/model/report.h"

namespace gridlock::model {

// Bits, in the order in which they make a reason.
enum Flaw : unsigned {
  kOneThread = 1u << 0,     // one thread takes both orders
  kOrdered = 1u << 1,       // one ends before the other begins, by thread start or join
  kGate = 1u << 2,          // a common lock is held around both
  kReaders = 1u << 3,       // both sides only read
  kTry = 1u << 4,           // the request does not wait
  kTimed = 1u << 5,         // the wait ends by itself
  kOtherObjects = 1u << 6,  // the same classes, but not the same objects
  kUnsure = 1u << 7,        // the static pass has its doubts
};
inline constexpr unsigned kAllFlaws = (1u << 8) - 1;

struct Choice {
  const Witness* witness = nullptr;
  Id edge = 0;
};

struct Hop {
  Id from = 0;  // locks
  Id to = 0;
  std::vector<Choice> choices;
};

struct Verdict {
  bool complete = true;        // false: the search was cut, `flaws` is what was found until then
  unsigned flaws = kAllFlaws;  // 0: feasible
  std::vector<Choice> chosen;  // one for each hop
  std::string gate;            // kGate: the name of the lock
};

class Feasibility {
 public:
  // `report` must not change while this lives. `steps` bounds the search for one cycle.
  Feasibility(const Report& report, std::size_t steps);
  ~Feasibility();

  // `exact`: the hops were joined at the same objects; else at the same classes only.
  Verdict judge(const std::vector<Hop>& hops, bool exact);

  // Whether another choice for one hop fits the rest of the verdict as well as the chosen one.
  bool fits(const std::vector<Hop>& hops, bool exact, const Verdict& verdict, std::size_t hop,
            const Choice& other);

  // One object in each process that is the same in every run, as far as is known.
  bool single(Id lock) const;
  bool isStatic(Id run) const;
  const Thread* thread(Id id) const;

 private:
  struct Index;

  unsigned alone(const Choice& choice, bool self_edge) const;
  unsigned pair(const Choice& a, const Choice& b);
  unsigned within(const Witness& a, const Witness& b) const;
  unsigned across(const Choice& a, const Choice& b);
  unsigned adjacent(const Choice& a, const Choice& b, Id lock, bool exact) const;
  bool gated(const Witness& a, Id a_from, Id a_to, const Witness& b, Id b_from, Id b_to,
             std::string* name) const;
  bool ordered(Id segment, Id other) const;
  bool apart(const Witness& a, const Witness& b) const;
  bool search(const std::vector<Hop>& hops, bool exact, unsigned ignored, std::vector<Choice>& chosen,
              unsigned& found, std::size_t& steps);

  const Report& report_;
  std::size_t steps_;
  std::unique_ptr<Index> index_;
};

}  // namespace gridlock::model
