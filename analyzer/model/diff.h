// Two reports compared by the fingerprints of their findings.
#pragma once

#include <cstddef>
#include <vector>

#include "analyzer/model/report.h"

namespace gridlock::model {

struct Difference {
  std::vector<const Finding*> added;  // in `after` only
  std::vector<const Finding*> gone;   // in `before` only
  std::size_t unchanged = 0;          // findings of `after` that were there
};

// Suppressed findings count on neither side. Points into the reports.
Difference compare(const Report& before, const Report& after);

}  // namespace gridlock::model
