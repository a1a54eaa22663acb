// Flags that say what a thread is there for: globals that a function which may be a thread's root compares
// with constants (`if (mode == kReading) read(job);`).
//
// Where a function further down tests such a flag again, a way that needs another value of it needs the
// flag to change in between. That may be, but it is not what the program means: what is only found
// on such ways is `possible`. Servers hand out work by such flags.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "analyzer/link/summary.h"

namespace gridlock::link {

class ModeFlags {
 public:
  ModeFlags() = default;
  explicit ModeFlags(const Program& program);

  // Whether `sym` is the content of such a flag.
  bool isContent(const SymTable& syms, SymId sym) const;
  // What is still so of `known` inside of `function`: nothing of a flag that it sets, or a function it calls.
  std::vector<Fact> within(const SymTable& syms, Index function, const std::vector<Fact>& known) const;
  // A flag that `here` needs to be otherwise than in `known`: its symbol, or kNone.
  static Index contradiction(const SymTable& syms, const std::vector<Fact>& known,
                             const std::vector<Fact>& here);

 private:
  std::set<Index> flags_;                     // symbols
  std::map<Index, std::set<Index>> setters_;  // by flag: functions that set it, and their callers
};

}  // namespace gridlock::link
