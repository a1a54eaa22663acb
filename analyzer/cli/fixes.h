// Fixes: what can be mended in the text alone, fixes as a file that clang-apply-replacements reads, and
// fixes applied.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::cli {

// The contents of files when their facts were extracted, by name.
using FileHashes = std::map<std::string, std::uint64_t>;

// Gives findings edits where the line of the finding says enough: a guard without a name.
void addTextFixes(model::Report& report, const std::string& root);

struct FixSet {
  struct Diagnostic {
    std::string name;   // "gridlock-data-race"
    std::string level;  // "Warning"
    std::string message;
    model::Location location;
    std::vector<model::Edit> edits;
  };
  std::vector<Diagnostic> diagnostics;
};

// The fixes of findings that count, and, where `with_proposals`, the annotations of state that is
// guarded everywhere.
FixSet collectFixes(const model::Report& report, bool with_proposals);

// clang-tidy's YAML, with absolute paths.
std::string fixesAsYaml(const FixSet& fixes, const std::string& root);

struct Applied {
  std::size_t fixes = 0;
  std::size_t files = 0;
  std::vector<std::string> left_out;  // why, a line each
};
// A fix is applied whole or not at all; a file is rewritten whole or not at all. Files that have changed
// since their facts were extracted are left as they are.
Result<Applied> applyFixes(const FixSet& fixes, const std::string& root, const FileHashes& hashes);

}  // namespace gridlock::cli
