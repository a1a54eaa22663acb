// The one way from observations to findings; see derive.h.
#include "analyzer/model/derive.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "analyzer/model/lock_order.h"
#include "analyzer/model/merge.h"

namespace gridlock::model {
namespace {

// Most severe first; then by place, so that reports of equal content are equal.
auto orderOf(const Finding& finding) {
  const Location none;
  const Location& place = finding.locations.empty() ? none : finding.locations.front();
  return std::make_tuple(-static_cast<int>(finding.severity), static_cast<int>(finding.rule), place.file,
                         place.line, place.column, finding.message, finding.fingerprint);
}

}  // namespace

Report analyse(std::vector<Report> parts) {
  Report report = merge(std::move(parts));
  report.tool_version = toolVersion();
  analyseLockOrders(report);
  for (Finding& finding : report.findings) {
    finding.severity = severityFor(finding.rule, finding.confidence);
    finding.status = Status::New;
    finding.fingerprint = fingerprint(report, finding);
  }
  std::sort(report.findings.begin(), report.findings.end(),
            [](const Finding& a, const Finding& b) { return orderOf(a) < orderOf(b); });
  Id next = 0;
  for (Finding& finding : report.findings) finding.id = next++;
  return report;
}

void filter(Report& report, Filters& filters) {
  applySuppressions(report, filters.suppressions);
  if (filters.baseline) applyBaseline(report, *filters.baseline);
}

Report derive(std::vector<Report> parts, Filters& filters) {
  Report report = analyse(std::move(parts));
  filter(report, filters);
  return report;
}

std::size_t countFindings(const Report& report, std::optional<Severity> fail_on) {
  if (!fail_on) return 0;
  return static_cast<std::size_t>(std::count_if(
      report.findings.begin(), report.findings.end(),
      [&](const Finding& finding) { return finding.status == Status::New && finding.severity >= *fail_on; }));
}

}  // namespace gridlock::model
