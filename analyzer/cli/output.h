// What every command does at its end: derive the findings, write the report, say what it found.
//
// Usage:
//   Result<Filters> filters = loadFilters(options);      // before the work: errors come first
//   if (!filters) return fail(filters.error());
//   …                                                    // observe: fill model::Report parts
//   Result<Delivery> done = deliver(std::move(parts), options, *filters, {});
//   if (!done) return fail(done.error());
//   return done->counts ? 1 : 0;
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "analyzer/cli/common_options.h"
#include "analyzer/model/derive.h"
#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::cli {

inline constexpr int kNothingFound = 0;
inline constexpr int kFindings = 1;
inline constexpr int kCannot = 2;        // Gridlock could not do its job
inline constexpr int kRunFindings = 66;  // `run` only
inline constexpr int kRunTimeout = 124;  // `run` only

// Prints "gridlock: ERROR" on stderr and gives kCannot.
int fail(const Error& error);

// Prints "gridlock: warning: TEXT" on stderr.
void warn(const std::string& text);

// Reads the files of --suppressions and --baseline.
Result<model::Filters> loadFilters(const CommonOptions& options);

struct DeliverOptions {
  // `run`: where the report goes when neither -o nor --format is given. Written when there are
  // findings; removed when there are none and it is there.
  std::string default_file;
  // Folders in which relative file names of the report are looked for, to quote source lines. The
  // working directory is always tried.
  std::vector<std::string> source_roots;
  // The one part is an analysed report already.
  bool analysed = false;
  // Called with the analysed report, before filters mark anything in it.
  std::function<void(const model::Report&)> keep;
  // Called with the derived report before anything is counted or written; may take findings out.
  std::function<void(model::Report&)> adjust;
};

struct Delivery {
  model::Report report;      // as written
  std::size_t counting = 0;  // new findings at or above --fail-on
  bool counts = false;       // counting > 0
  std::string file;          // where the report went; empty: nowhere or stdout
};

// Merges the parts, analyses lock orders, suppresses, compares with the baseline, sorts, writes as
// the options say, and prints the summary.
Result<Delivery> deliver(std::vector<model::Report> parts, const CommonOptions& options,
                         model::Filters& filters, const DeliverOptions& deliver_options);

// All of a command that only observes and delivers: its exit code.
int observeAndDeliver(const CommonOptions& options,
                      const std::function<Result<std::vector<model::Report>>()>& observe);

}  // namespace gridlock::cli
