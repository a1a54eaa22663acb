// What `check` takes out of a derived report: rules that were not asked for, findings that comments
// switch off, findings that a diff does not touch.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/facts/facts.h"
#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::cli {

// Lines that a unified diff adds or changes, by file as the new version names it.
using DiffLines = std::map<std::string, std::vector<std::pair<int, int>>>;  // first, last
Result<DiffLines> parseDiff(std::string_view text, const std::string& name);

// Where the new side of a diff is not what the files below `root` say: one line a file, the first place.
std::vector<std::string> findMisfits(std::string_view text, const std::string& name, const std::string& root);

// A NOLINT comment of some unit.
struct SwitchedOff {
  std::string file;
  int first = 0;
  int last = 0;
  std::vector<std::string> rules;  // none: all
};
std::vector<SwitchedOff> collectNolints(const std::vector<facts::Unit>& units);

void keepRules(model::Report& report, const std::vector<model::Rule>& rules);  // none: all
// A finding is switched off at its first location, or at its second where it has two sides.
void applyNolints(model::Report& report, const std::vector<SwitchedOff>& switched_off);
void keepTouched(model::Report& report, const DiffLines& diff);

// Fills command, time and duration of the run that began at `started`.
void describeRun(model::Run& run, const Invocation& invocation,
                 std::chrono::system_clock::time_point started);

}  // namespace gridlock::cli
