// One thread of a verdict, as it was when the verdict was reached: what it waits for, and what it holds.
//
// Copied out of the record at that moment, since rows go on changing in a program that is let run on.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/model/report.h"
#include "gridlock/record.h"

namespace gridlock::observe {

// One lock that a thread has not released.
struct Held {
  record::Index lock = record::kNone;
  model::Mode mode = model::Mode::Exclusive;
  record::Index stack = record::kNone;  // where it was taken, if known
  std::uint64_t site = 0;               // return address, if there is no stack
};

struct DeadlockMember {
  record::Index thread = record::kNone;
  record::Index lock = record::kNone;         // waited for; none: the end of `joins`
  record::Index joins = record::kNone;        // kThreads
  model::Mode mode = model::Mode::Exclusive;  // in which the lock is asked for
  record::Index stack = record::kNone;
  std::uint32_t wait_serial = 0;  // of its row, while this wait lasts; 0: not known
  std::vector<Held> held;
};

}  // namespace gridlock::observe
