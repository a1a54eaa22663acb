// Many reports into one: runs, shards, processes and the static pass.
#pragma once

#include <vector>

#include "analyzer/model/report.h"

namespace gridlock::model {

// The union of the parts, with new ids. Sites and stacks are joined by content. Locks are joined by
// name, kind and declaration (a lock class has one name in every world); edges between the same
// locks and modes become one with the witnesses of all. Runs, threads, segments and waits stay
// apart. Findings with the same fingerprint become one, the more certain one wins. What the
// lock-order analysis derives (derivedByAnalysis) is left out: it is derived anew from the union.
//
// Cost: linear in the size of the parts, times a logarithm.
Report merge(std::vector<Report> parts);

// Whether a finding came from the lock-order analysis rather than from an observer.
bool derivedByAnalysis(const Finding& finding);

}  // namespace gridlock::model
