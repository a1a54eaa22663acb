// The one offline analysis of lock orders: which cycles there are, and which of them can happen.
//
// Input are Report::lock_order with its witnesses and Report::segments; output are findings of the
// rules lock-order-cycle and recursive-read, and counts of the cycles that are harmless.
#pragma once

#include <cstddef>

#include "analyzer/model/report.h"

namespace gridlock::model {

struct LockOrderBounds {
  std::size_t cycles_per_edge = 500;  // simple cycles looked at beyond the shortest one
  std::size_t cycles = 20000;         // of those, over all edges
  std::size_t cycle_length = 16;      // of those; the shortest ones may be of any length
  std::size_t steps = 200000;         // of the search for witnesses that fit, per cycle
  std::size_t notes = 100;            // harmless cycles that are shown; all are counted
};

// Appends findings to `report` and fills `harmless_cycles`. Deterministic: depends on the content of
// the report alone. Does nothing about findings that are there already, except that a cycle whose
// locks a `deadlock` finding covers is not reported again.
void analyseLockOrders(Report& report, const LockOrderBounds& bounds = {});

}  // namespace gridlock::model
