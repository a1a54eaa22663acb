// GitLab's Code Quality report. Suppressed findings are left out; known ones stay, because GitLab
// compares the two branches itself. Fingerprints must be unique, so equal ones get an ordinal.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "analyzer/report/writer.h"

namespace gridlock::report {

using namespace gridlock::model;

std::string writeGitlab(const Report& report) {
  using Json = nlohmann::ordered_json;
  static constexpr const char* kSeverities[] = {"info", "major", "critical"};
  Json out = Json::array();
  std::map<std::string, int> seen;
  for (const Finding& finding : report.findings) {
    if (finding.status == model::Status::Suppressed) continue;
    std::string path = "unknown";
    int line = 1;
    for (const Location& place : finding.locations) {
      if (place.file.empty()) continue;
      path = place.file;
      line = std::max(1, place.line);
      break;
    }
    std::string fingerprint = finding.fingerprint;
    if (const int ordinal = seen[fingerprint]++; ordinal > 0) fingerprint += "-" + std::to_string(ordinal);
    out.push_back({{"description", finding.message},
                   {"check_name", info(finding.rule).id},
                   {"fingerprint", fingerprint},
                   {"severity", kSeverities[static_cast<int>(finding.severity)]},
                   {"location", {{"path", path}, {"lines", {{"begin", line}}}}}});
  }
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gridlock::report
