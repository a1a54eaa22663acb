// Findings against expectations: file, line and rule over any location of a finding.
#include <algorithm>

#include "tests/support/expect.h"

namespace gridlock::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Place {
  fs::path file;  // absolute where it could be resolved
  int line = 0;
};

struct SeenFinding {
  std::string rule;
  std::string severity;
  std::string message;
  std::vector<Place> places;
  bool explained = false;

  bool touches(const fs::path& file, int line) const {
    return std::any_of(places.begin(), places.end(),
                       [&](const Place& place) { return place.line == line && place.file == file; });
  }
  std::string describe() const {
    std::string text = severity + " " + rule + ": " + message;
    for (const Place& place : places)
      text += "\n      at " + place.file.filename().string() + ":" + std::to_string(place.line);
    return text;
  }
};

fs::path resolve(const std::string& name, const std::vector<fs::path>& roots) {
  fs::path path(name);
  if (path.is_absolute()) return path.lexically_normal();
  for (const fs::path& root : roots) {
    if (fs::exists(root / path)) return fs::canonical(root / path);
  }
  return path;
}

std::vector<SeenFinding> readFindings(const json& report, const std::vector<fs::path>& roots) {
  std::vector<SeenFinding> findings;
  for (const json& one : report.at("findings")) {
    if (one.value("status", "new") == "suppressed") continue;
    SeenFinding finding;
    finding.rule = one.at("rule");
    finding.severity = one.at("severity");
    finding.message = one.value("message", "");
    for (const json& location : one.value("locations", json::array()))
      finding.places.push_back({resolve(location.value("file", ""), roots), location.value("line", 0)});
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string describe(const Expectation& one) {
  std::string where = one.file.filename().string() + ":" + std::to_string(one.line);
  std::string what = std::string(text(one.kind)) + ": " + one.rule;
  for (const std::string& rule : one.or_rules) what += "|" + rule;
  if (one.severity) what += " severity=" + *one.severity;
  return where + ": " + what;
}

bool matches(const Expectation& one, const SeenFinding& finding) {
  if (!one.names(finding.rule)) return false;
  if (one.severity && finding.severity != *one.severity) return false;
  return one.whole_case || finding.touches(one.file, one.line);
}

}  // namespace

std::vector<std::string> compare(const Scenario& scenario, Engine engine, const std::string& lock_type,
                                 const json& report, const std::vector<fs::path>& roots) {
  std::vector<std::string> differences;
  std::vector<SeenFinding> findings = readFindings(report, roots);
  std::vector<Expectation> expectations;
  for (const Expectation& one : scenario.expectations) {
    if (one.appliesTo(engine, lock_type)) expectations.push_back(one);
  }
  // What may be there comes first: `also` with a severity is an exception to `expect-none`.
  for (const Expectation& one : expectations) {
    if (one.kind == Kind::None || one.kind == Kind::Miss) continue;
    bool found = false;
    for (SeenFinding& finding : findings) {
      if (!matches(one, finding)) continue;
      finding.explained = true;
      found = true;
    }
    if (found) continue;
    if (one.kind == Kind::Expect) differences.push_back(describe(one) + " was not reported");
    if (one.kind == Kind::FalseAlarm)
      differences.push_back(describe(one) + " has vanished: make it expect-none");
  }
  for (const Expectation& one : expectations) {
    if (one.kind != Kind::None && one.kind != Kind::Miss) continue;
    for (SeenFinding& finding : findings) {
      if (!matches(one, finding)) continue;
      if (one.kind == Kind::Miss) {
        finding.explained = true;
        differences.push_back(describe(one) + " is found now: make it expect");
      } else if (!finding.explained) {
        finding.explained = true;
        differences.push_back(describe(one) + " is contradicted by\n    " + finding.describe());
      }
    }
  }
  for (const SeenFinding& finding : findings) {
    if (finding.explained) continue;
    if (finding.severity == "note" && !scenario.countsNotes(finding.rule)) continue;
    differences.push_back("unexpected " + finding.describe());
  }
  return differences;
}

}  // namespace gridlock::support
