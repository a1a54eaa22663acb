// The options that mean the same in every command that writes a report (REPORT.md, "Commands").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/finding.h"
#include "analyzer/report/writer.h"

namespace CLI {
class App;
}

namespace gridlock::cli {

enum class Color { Auto, Always, Never };

struct CommonOptions {
  std::string output;                    // -o; "-" is stdout; empty: not given
  std::optional<report::Format> format;  // --format
  std::vector<std::string> suppressions;
  std::string baseline;
  std::optional<model::Severity> fail_on = model::Severity::Warning;  // none: never
  bool quiet = false;
  Color color = Color::Auto;
  int jobs = 0;  // 0: one per core
};

// What one unit may take before it is given up and the next one begins; 0: no limit.
struct UnitLimits {
  int seconds = 300;
  int megabytes = 6144;
};

// Declares them on a command. `options` must outlive the parse.
void addCommonOptions(CLI::App& command, CommonOptions& options);
void addUnitLimits(CLI::App& command, UnitLimits& limits);

// The number of threads to use: -j, else the number of cores this process may use.
int jobs(const CommonOptions& options);

}  // namespace gridlock::cli
