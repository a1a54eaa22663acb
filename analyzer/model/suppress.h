// Which findings the user does not want to hear of: suppression files and baselines.
//
// A suppression file is the one of the sanitizers: one `type:template` per line, `#` starts a
// comment line, `*` matches any text, `^` and `$` anchor the template at the begin and the end of
// the text it is matched with; without them it matches anywhere. Types:
//
//   race, mutex, deadlock, thread, signal   findings of that family, by function, file or module
//   called_from_lib, race_top               as in TSan: by module; by the first location
//   lock                                    any finding that names a lock like that
//   class                                   the same, template arguments taken off
//   edge                                    lock order findings with an edge "A -> B" like that
//   hold, wait                              critical sections held too long; waits
//   rule ids (`data-race:…`)                that rule alone, by function, file, module, lock or state
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::model {

struct Suppression {
  std::string type;
  std::string pattern;
  std::string file;  // where it was written
  int line = 0;
  std::uint64_t hits = 0;

  std::string text() const { return type + ":" + pattern; }
};

// Whether `text` matches a template with `*`, `^` and `$`.
bool matchesTemplate(std::string_view pattern, std::string_view text);

// Reads the text of one file. A line that cannot be understood is an error with file and line.
Result<std::vector<Suppression>> parseSuppressions(std::string_view text, const std::string& file);

// Whether the finding is meant; does not count hits.
bool matches(const Suppression& suppression, const Report& report, const Finding& finding);

// Sets the status of findings that a suppression means, and counts the hits.
void applySuppressions(Report& report, std::vector<Suppression>& suppressions);

// Fingerprints of the findings that were there before.
using Baseline = std::set<std::string>;
Baseline baselineOf(const Report& report);

// Findings of the baseline become `known`; suppressed ones stay so.
void applyBaseline(Report& report, const Baseline& baseline);

}  // namespace gridlock::model
