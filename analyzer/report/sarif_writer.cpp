// SARIF 2.1.0, as GitHub's code scanning and editors read it: one code flow per finding with a thread
// flow for each thread, fingerprints that survive edits, paths relative to SRCROOT. Stays within the
// limits of GitHub; what is cut is said in a notification.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "analyzer/model/frames.h"
#include "analyzer/report/phrase.h"
#include "analyzer/report/rule_text.h"
#include "analyzer/report/writer.h"

namespace gridlock::report {
namespace {

using Json = nlohmann::ordered_json;
using namespace gridlock::model;

constexpr std::size_t kMostResults = 25000;
constexpr std::size_t kMostRelated = 500;
constexpr std::size_t kMostFlowLocations = 5000;
constexpr std::size_t kMostStackFrames = 64;

// A path as a URI reference (RFC 3986).
std::string uriOf(const std::string& path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : path) {
    if (std::isalnum(c) || c == '/' || c == '.' || c == '-' || c == '_' || c == '~' || c == '+' || c == ',') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  return out;
}

Json artifact(const std::string& file) {
  if (!file.empty() && file.front() == '/') return {{"uri", "file://" + uriOf(file)}};
  return {{"uri", uriOf(file)}, {"uriBaseId", "SRCROOT"}};
}

Json physical(const std::string& file, int line, int column) {
  Json out = {{"artifactLocation", artifact(file)}};
  Json region = {{"startLine", std::max(1, line)}};
  if (line > 0 && column > 0) region["startColumn"] = column;
  out["region"] = std::move(region);
  return out;
}

Json location(const std::string& file, int line, int column, const std::string& function,
              const std::string& message) {
  Json out = Json::object();
  if (!file.empty()) out["physicalLocation"] = physical(file, line, column);
  if (!function.empty())
    out["logicalLocations"] = Json::array({{{"fullyQualifiedName", function}, {"kind", "function"}}});
  if (!message.empty()) out["message"] = {{"text", message}};
  return out;
}

class SarifWriter {
 public:
  explicit SarifWriter(const Report& report) : report_(report) {}

  std::string write() {
    Json results = Json::array();
    const bool baseline =
        std::any_of(report_.findings.begin(), report_.findings.end(),
                    [](const Finding& finding) { return finding.status == model::Status::Known; });
    for (const Finding& finding : report_.findings) {
      if (results.size() == kMostResults) break;
      results.push_back(result(finding, baseline));
    }
    Json run = {{"tool", tool()},
                {"invocations", Json::array({invocation()})},
                {"originalUriBaseIds",
                 {{"SRCROOT",
                   {{"description", {{"text", "The project's top folder; relative paths start there."}}}}}}},
                {"automationDetails", {{"id", "gridlock/"}}},
                {"columnKind", "utf16CodeUnits"},
                {"results", std::move(results)}};
    const Json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", Json::array({std::move(run)})}};
    return log.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  static Json tool() {
    Json all = Json::array();
    for (const RuleInfo& rule : rules()) {
      Json tags = Json::array({"concurrency"});
      for (int cwe : rule.cwe) tags.push_back("external/cwe/cwe-" + std::to_string(cwe));
      const std::string id(rule.id);
      all.push_back({{"id", id},
                     {"shortDescription", {{"text", rule.title}}},
                     {"fullDescription", {{"text", std::string(rule.title) + "."}}},
                     {"help", {{"text", ruleText(id)}, {"markdown", ruleText(id)}}},
                     {"defaultConfiguration", {{"level", "warning"}}},
                     {"properties", {{"tags", std::move(tags)}}}});
    }
    const std::string version(toolVersion());
    return {{"driver",
             {{"name", "gridlock"},
              {"version", version},
              {"semanticVersion", version},
              {"rules", std::move(all)}}}};
  }

  Json invocation() const {
    Json notes = Json::array();
    const auto note = [&](const std::string& text) {
      notes.push_back({{"level", "note"}, {"message", {{"text", text}}}});
    };
    for (const Run& run : report_.runs) {
      if (!run.complete) note(incompleteText(run));
      for (const auto& [what, count] : run.dropped)
        if (count > 0) note("dropped: " + std::to_string(count) + " " + what);
      for (const std::string& text : run.notes) note(text);
      for (const FailedUnit& unit : run.failed_units)
        note("could not be analysed: " + unit.file + ": " + unit.error);
    }
    if (report_.findings.size() > kMostResults)
      note(std::to_string(report_.findings.size() - kMostResults) +
           " more findings than this format may hold");
    Json out = {{"executionSuccessful", true}};
    if (!notes.empty()) out["toolExecutionNotifications"] = std::move(notes);
    return out;
  }

  // Where a finding is shown that has no source line: the program that was run.
  std::string fallbackFile() const {
    for (const Run& run : report_.runs)
      if (!run.command.empty() && !run.command.front().empty()) return run.command.front();
    return "unknown";
  }

  Json result(const Finding& finding, bool baseline) {
    static constexpr const char* kLevels[] = {"note", "warning", "error"};
    Json out = {{"ruleId", info(finding.rule).id},
                {"ruleIndex", static_cast<int>(finding.rule)},
                {"level", kLevels[static_cast<int>(finding.severity)]},
                {"message", {{"text", finding.message}}}};

    Json primary;
    Json related = Json::array();
    for (const Location& place : finding.locations) {
      if (place.file.empty()) continue;
      Json row = location(place.file, place.line, place.column, place.function, place.role);
      if (primary.is_null()) {
        primary = std::move(row);
      } else if (related.size() < kMostRelated) {
        row["id"] = static_cast<int>(related.size()) + 1;
        related.push_back(std::move(row));
      }
    }
    for (Id id : finding.locks) addDeclaration(id, related);
    if (primary.is_null()) primary = location(fallbackFile(), 0, 0, {}, {});
    for (Id id : finding.locks)
      if (const Lock* lock = byId(report_.locks, id))
        primary["logicalLocations"].push_back({{"fullyQualifiedName", lock->name}, {"kind", "variable"}});
    out["locations"] = Json::array({std::move(primary)});
    if (!related.empty()) out["relatedLocations"] = std::move(related);
    if (Json flow = codeFlow(finding); !flow.is_null()) out["codeFlows"] = Json::array({std::move(flow)});
    if (Json all = stacks(finding); !all.empty()) out["stacks"] = std::move(all);
    out["partialFingerprints"] = {{"primaryLocationLineHash", finding.fingerprint + ":1"},
                                  {"gridlock/v1", finding.fingerprint}};
    if (finding.status == model::Status::Suppressed)
      out["suppressions"] = Json::array({{{"kind", "external"}, {"status", "accepted"}}});
    if (baseline) out["baselineState"] = finding.status == model::Status::Known ? "unchanged" : "new";
    if (finding.fix && !finding.fix->edits.empty()) out["fixes"] = Json::array({fix(*finding.fix)});
    Json properties = {{"confidence", text(finding.confidence)}, {"reason", finding.reason}};
    if (finding.fix) properties["advice"] = finding.fix->message;
    out["properties"] = std::move(properties);
    return out;
  }

  void addDeclaration(Id id, Json& related) const {
    const Lock* lock = byId(report_.locks, id);
    if (!lock || !lock->declared || related.size() >= kMostRelated) return;
    const Site* site = byId(report_.sites, *lock->declared);
    if (!site || site->file.empty()) return;
    Json row = location(site->file, site->line, site->column, {}, "declares " + lock->name);
    row["id"] = static_cast<int>(related.size()) + 1;
    related.push_back(std::move(row));
  }

  Json codeFlow(const Finding& finding) const {
    std::vector<std::optional<Id>> order;  // threads as they come
    std::map<std::optional<Id>, Json> by_thread;
    int number = 0;
    const std::vector<std::string> story = storyTexts(report_, finding);
    for (std::size_t i = 0; i < finding.steps.size(); ++i) {
      const Step& step = finding.steps[i];
      const Frame frame = userFrame(report_, step);
      if (frame.file.empty()) continue;
      if (static_cast<std::size_t>(number) == kMostFlowLocations) break;
      auto [entry, fresh] = by_thread.try_emplace(step.thread, Json::array());
      if (fresh) order.push_back(step.thread);
      entry->second.push_back(
          {{"location", location(frame.file, frame.line, frame.column, frame.function, story[i])},
           {"executionOrder", ++number}});
    }
    if (order.empty()) return {};
    Json flows = Json::array();
    for (const std::optional<Id>& thread : order) {
      Json flow = {{"id", thread ? "thread " + std::to_string(*thread) : "program"}};
      if (thread) flow["message"] = {{"text", threadText(report_, *thread)}};
      flow["locations"] = std::move(by_thread[thread]);
      flows.push_back(std::move(flow));
    }
    return {{"message", {{"text", "How it comes about"}}}, {"threadFlows", std::move(flows)}};
  }

  Json stacks(const Finding& finding) const {
    Json out = Json::array();
    std::set<Id> seen;
    for (const Step& step : finding.steps) {
      if (!step.stack || !seen.insert(*step.stack).second) continue;
      const Stack* stack = byId(report_.stacks, *step.stack);
      if (!stack) continue;
      Json frames = Json::array();
      for (const Frame& frame : framesOf(report_, *stack)) {
        if (frames.size() == kMostStackFrames) break;
        frames.push_back({{"location", location(frame.file, frame.line, frame.column, frame.function, {})}});
      }
      out.push_back({{"message", {{"text", stepText(report_, step)}}}, {"frames", std::move(frames)}});
    }
    return out;
  }

  static Json fix(const Fix& fix) {
    std::map<std::string, Json> by_file;
    for (const Edit& edit : fix.edits) {
      Json replacement = {{"deletedRegion", {{"byteOffset", edit.offset}, {"byteLength", edit.length}}}};
      if (!edit.replacement.empty()) replacement["insertedContent"] = {{"text", edit.replacement}};
      by_file.try_emplace(edit.file, Json::array()).first->second.push_back(std::move(replacement));
    }
    Json changes = Json::array();
    for (auto& [file, replacements] : by_file)
      changes.push_back({{"artifactLocation", artifact(file)}, {"replacements", std::move(replacements)}});
    return {{"description", {{"text", fix.message}}}, {"artifactChanges", std::move(changes)}};
  }

  const Report& report_;
};

}  // namespace

std::string writeSarif(const Report& report, const WriteOptions&) { return SarifWriter(report).write(); }

}  // namespace gridlock::report
