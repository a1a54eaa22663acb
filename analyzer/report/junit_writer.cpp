// JUnit XML: a test case for each new finding, failed from warnings upwards, and a passed one for each
// rule without findings, so that a test page shows what was looked for. Notes are passed cases with
// their text.
#include <set>
#include <string>

#include "analyzer/report/markup.h"
#include "analyzer/report/phrase.h"
#include "analyzer/report/writer.h"

namespace gridlock::report {

using namespace gridlock::model;

std::string writeJunit(const Report& report) {
  std::string cases;
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::set<Rule> failed;
  for (const Finding& finding : report.findings) {
    if (finding.status != model::Status::New) continue;
    ++tests;
    const std::string id(info(finding.rule).id);
    const Location none;
    const Location& first = finding.locations.empty() ? none : finding.locations.front();
    const std::string place = placeText(first.file, first.line, first.column);
    std::string body = finding.message + "\n";
    for (const Location& location : finding.locations) {
      const std::string at = placeText(location.file, location.line, location.column);
      body += at + (at.empty() ? "" : ": ") + location.role +
              (location.function.empty() ? "" : " in " + location.function) + "\n";
    }
    if (!finding.reason.empty()) body += std::string(text(finding.confidence)) + ": " + finding.reason + "\n";
    cases += "  <testcase classname=\"gridlock." + escaped(id) + "\" name=\"" +
             escaped(place.empty() ? finding.fingerprint : place) + " " + escaped(finding.fingerprint) + "\"";
    if (!first.file.empty())
      cases += " file=\"" + escaped(first.file) + "\" line=\"" + std::to_string(first.line) + "\"";
    cases += " time=\"0\">\n";
    if (finding.severity >= Severity::Warning) {
      ++failures;
      cases += "    <failure type=\"" + escaped(id) + "\" message=\"" + escaped(finding.message) + "\">" +
               escaped(body) + "</failure>\n";
    } else {
      cases += "    <system-out>" + escaped(body) + "</system-out>\n";
    }
    cases += "  </testcase>\n";
    failed.insert(finding.rule);
  }
  for (const RuleInfo& rule : rules()) {
    if (failed.count(rule.rule)) continue;
    ++tests;
    const std::string id(rule.id);
    cases += "  <testcase classname=\"gridlock." + id + "\" name=\"no " + id + "\" time=\"0\"/>\n";
  }
  const std::string counts = "tests=\"" + std::to_string(tests) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"0\" skipped=\"0\" time=\"0\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gridlock\" " + counts +
         ">\n <testsuite name=\"gridlock\" " + counts + ">\n" + cases + " </testsuite>\n</testsuites>\n";
}

}  // namespace gridlock::report
