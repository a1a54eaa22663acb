// A judged lock-order cycle as a finding: its sentence, places, steps, and advice.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/model/feasibility.h"
#include "analyzer/model/finding.h"
#include "analyzer/model/report.h"

namespace gridlock::model {

// A few words for the first of the flaws: "gate lock", …; the key in harmless_cycles.
std::string_view flawName(unsigned flaws);

Finding cycleFinding(const Report& report, Feasibility& feasibility, const std::vector<Hop>& hops,
                     const Verdict& verdict, bool exact);

}  // namespace gridlock::model
