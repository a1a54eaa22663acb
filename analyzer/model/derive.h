// The whole way from what observers saw to what is reported, in one place: merge, analyse, drop
// duplicates, fingerprint, suppress, compare with the baseline, sort, number.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/suppress.h"

namespace gridlock::model {

struct Filters {
  std::vector<Suppression> suppressions;  // hits are counted here
  std::optional<Baseline> baseline;
};

// The two halves of derive. What analyse gives depends on the parts alone, so it may be kept.
Report analyse(std::vector<Report> parts);
void filter(Report& report, Filters& filters);

// `parts` may be reports of observers or reports that were derived before.
Report derive(std::vector<Report> parts, Filters& filters);

// How many findings are new and at least this severe; none: 0.
std::size_t countFindings(const Report& report, std::optional<Severity> fail_on);

}  // namespace gridlock::model
