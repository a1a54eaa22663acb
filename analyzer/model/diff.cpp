// Two reports compared; see diff.h.
#include "analyzer/model/diff.h"

#include <set>
#include <string>

namespace gridlock::model {

Difference compare(const Report& before, const Report& after) {
  const auto fingerprints = [](const Report& report) {
    std::set<std::string> out;
    for (const Finding& finding : report.findings) out.insert(finding.fingerprint);
    return out;
  };
  const std::set<std::string> old_ones = fingerprints(before);
  const std::set<std::string> new_ones = fingerprints(after);
  Difference difference;
  for (const Finding& finding : after.findings) {
    if (finding.status == Status::Suppressed) continue;
    if (old_ones.count(finding.fingerprint)) {
      ++difference.unchanged;
    } else {
      difference.added.push_back(&finding);
    }
  }
  for (const Finding& finding : before.findings)
    if (finding.status != Status::Suppressed && !new_ones.count(finding.fingerprint))
      difference.gone.push_back(&finding);
  return difference;
}

}  // namespace gridlock::model
