// Writers and the report reader on hand-built reports: what goes out comes back, every format is well
// formed, hostile input is an error that names its place.
#include "analyzer/report/writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "analyzer/model/check.h"
#include "report_builder.h"

namespace gridlock::test {
namespace {

using namespace gridlock::model;
using report::Format;
using Json = nlohmann::json;

// Something of everything, with text that needs care in each format.
Report fullReport() {
  ReportBuilder b;
  Run& run = b.report.runs[0];
  run.command = {"./a & b", "--x=\"<1>\""};
  run.pid = 42;
  run.started = "2026-01-02T03:04:05Z";
  run.seconds = 1.5;
  run.exit = Exit{std::nullopt, 9, true};
  run.complete = false;
  run.dropped = {{"edges", 3}};
  run.notes = {"a process without the shim: ./static"};
  run.hold_every = 64;
  const Id t1 = b.thread("worker<int>(void*)");
  const Id t2 = b.thread("main");
  b.report.threads[t1].name = std::string("bad\x1b[31m\xff name");
  b.report.threads[t1].time = ThreadTime{1, 2, 3};
  const Id a = b.lock("Cache<int, \"x\">::mutex_");
  const Id r = b.lock("ns::table", LockKind::Rwlock);
  b.report.locks[a].declared = b.site("src/cache.h", 7, "");
  b.report.locks[r].prefers_writers = true;
  b.orderAt(t1, a, 10, r, 11).held = {{a, 3, Mode::Shared}};
  b.orderAt(t2, r, 20, a, 21).note = "";
  b.report.segments.push_back({0, t1, {}, {}});
  b.report.segments.push_back({1, t2, {0}, {}});
  CriticalSection section;
  section.lock = a;
  section.enter = b.site("src/cache.cpp", 30, "put");
  section.exits = {*section.enter};
  section.count = 5;
  section.hold_ns = Times{100, 50, 10, 40};
  section.estimated = true;
  section.contended = 2;
  section.wait_ns = Times{7, 5, std::nullopt, std::nullopt};
  SharedState state;
  state.name = "Cache::items_";
  state.guard = a;
  state.accesses = 4;
  state.guarded = 3;
  state.written = true;
  state.annotation = "GUARDED_BY(mutex_)";
  b.report.shared_state.push_back(state);
  section.state = {0};
  b.report.critical_sections.push_back(section);
  b.report.wait_for.push_back({t1, r, false, {t2}, std::nullopt, 1500000000, false});
  Finding race;
  race.rule = Rule::DataRace;
  race.confidence = Confidence::Proven;
  race.message = "`Cache::items_` is read & written <without> a common lock";
  race.reason = "both run in \"parallel\"";
  race.locations = {{"src/cache.cpp", 30, 3, "put", "writes"}, {"/abs/dir name/x.cpp", 4, 0, "get", "reads"}};
  race.state = {0};
  race.locks = {a};
  race.threads = {t1, t2};
  race.steps = {{t1, "writes", std::nullopt, 0, *section.enter, std::nullopt},
                {t2, "reads", std::nullopt, 0, std::nullopt, std::nullopt}};
  race.fix = Fix{"annotate it", {{"src/cache.h", 10, 0, " GUARDED_BY(mutex_)"}}};
  b.report.findings.push_back(race);
  Finding placeless;
  placeless.rule = Rule::Contention;
  placeless.confidence = Confidence::Proven;
  placeless.message = "a section that costs much";
  b.report.findings.push_back(placeless);
  return derived({b.report});
}

// Runs a command; its exit code, and what it wrote.
int runCommand(const std::string& command, std::string& output) {
  FILE* pipe = popen(("timeout 60 " + command + " 2>&1").c_str(), "r");
  if (!pipe) return -1;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, got);
  return WEXITSTATUS(pclose(pipe));
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gridlock_writers_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST(JsonWriter, WhatGoesOutComesBack) {
  const Report report = fullReport();
  const std::string json = report::writeJson(report);
  Result<Report> back = report::readJson(json, "x.json");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(report::writeJson(*back), json);
  EXPECT_FALSE(brokenReference(*back).has_value());
}

TEST(JsonWriter, HasTheKeysOfTheContract) {
  const Json json = Json::parse(report::writeJson(fullReport()));
  for (const char* key : {"schema", "tool", "runs", "locks", "criticalSections", "lockOrder", "waitFor",
                          "sharedState", "findings"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["schema"], "gridlock-report/1");
  const Json& section = json["criticalSections"][0];
  EXPECT_EQ(section["holdNs"]["estimated"], true);
  EXPECT_EQ(section["waitNs"]["contended"], 2);
  EXPECT_EQ(json["runs"][0]["exit"]["code"], nullptr);
  EXPECT_EQ(json["runs"][0]["exit"]["signal"], 9);
  EXPECT_EQ(json["runs"][0]["sampling"]["holdEvery"], 64);
  const Json& edge = json["lockOrder"][0];
  EXPECT_EQ(edge["seen"], Json::array({"runtime"}));
  EXPECT_EQ(edge["witnesses"][0]["held"][0]["mode"], "shared");
  EXPECT_EQ(json["waitFor"][0]["kind"], "all");
  EXPECT_EQ(json["findings"][0]["rule"], "data-race");
  EXPECT_EQ(json["findings"][0]["cwe"], Json::array({362}));
}

TEST(JsonWriter, FollowsThePublishedSchema) {
  std::string output;
  if (runCommand("python3 -c 'import jsonschema; jsonschema.Draft202012Validator'", output) != 0)
    GTEST_SKIP() << "python3-jsonschema is not installed";
  TemporaryFolder folder;
  const std::string full = (folder.path / "full.json").string();
  const std::string empty = (folder.path / "empty.json").string();
  const std::string wrong = (folder.path / "wrong.json").string();
  ASSERT_TRUE(report::writeFile(full, report::writeJson(fullReport())));
  ASSERT_TRUE(report::writeFile(empty, report::writeJson(derived({}))));
  Json broken = Json::parse(report::writeJson(fullReport()));
  broken["findings"][0]["severity"] = "fatal";
  ASSERT_TRUE(report::writeFile(wrong, broken.dump()));
  const std::string root = GRIDLOCK_SOURCE_DIR;
  const std::string check = "python3 " + root + "/tests/support/validate_reports.py " + root +
                            "/analyzer/report/report.schema.json ";
  output.clear();
  EXPECT_EQ(runCommand(check + full + " " + empty, output), 0) << output;
  output.clear();
  EXPECT_EQ(runCommand(check + wrong, output), 1) << output;
}

TEST(JsonReader, NamesThePlaceOfEachFault) {
  const std::string good = report::writeJson(fullReport());
  const auto errorAfter = [&](const std::function<void(Json&)>& change) {
    Json json = Json::parse(good);
    change(json);
    Result<Report> back = report::readJson(json.dump(), "x.json");
    return back ? std::string("no error") : back.error().text();
  };
  EXPECT_EQ(errorAfter([](Json& j) { j["locks"][0]["kind"] = "padlock"; }),
            "x.json: /locks/0/kind: unknown value 'padlock'");
  EXPECT_EQ(errorAfter([](Json& j) { j["findings"][1]["locks"] = {99}; }),
            "x.json: /findings/1/locks/0: there is no lock with the id 99");
  EXPECT_EQ(errorAfter([](Json& j) { j["locks"][1]["id"] = j["locks"][0]["id"]; }),
            "x.json: /locks/1/id: the id 0 is given twice");
  EXPECT_EQ(errorAfter([](Json& j) { j["sites"][0]["line"] = -5; }),
            "x.json: /sites/0: a line or column is negative");
  EXPECT_EQ(errorAfter([](Json& j) { j["locks"][0]["id"] = -1; }),
            "x.json: /locks/0/id: expected a whole number that is not negative");
  EXPECT_EQ(errorAfter([](Json& j) { j.erase("findings"); }), "x.json: the key \"findings\" is missing");
  EXPECT_EQ(
      errorAfter([](Json& j) { j["schema"] = "gridlock-report/2"; }),
      "x.json: /schema: a report of another version: 'gridlock-report/2' instead of 'gridlock-report/1'");
  EXPECT_EQ(errorAfter([](Json& j) { j = Json::array(); }), "x.json: expected an object");
  EXPECT_EQ(errorAfter([](Json& j) { j["somethingNew"] = 1, j["locks"][0]["new~key"] = {}; }), "no error");
}

TEST(JsonReader, CutOffReportsAreErrorsWithAnOffset) {
  const std::string good = report::writeJson(fullReport());
  for (std::size_t length = 0; length + 2 < good.size(); length += 7) {
    Result<Report> back = report::readJson(good.substr(0, length), "x.json");
    ASSERT_FALSE(back);
    EXPECT_NE(back.error().place.find("offset"), std::string::npos);
  }
}

TEST(JsonReader, SurvivesDamage) {
  const std::string good = report::writeJson(fullReport());
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    Result<Report> back = report::readJson(bytes, "x.json");
    if (!back) {
      ++refused;
      continue;
    }
    // What is accepted must be usable by everything that follows.
    const Report again = derived({*back});
    for (Format format : {Format::Json, Format::Text, Format::Sarif, Format::Html, Format::Dot,
                          Format::Gitlab, Format::Junit})
      EXPECT_FALSE(report::write(again, format).empty());
  }
  EXPECT_GT(refused, 500);
}

TEST(JsonReader, DeepNestingIsNoStackOverflow) {
  EXPECT_FALSE(report::readJson(std::string(2000000, '['), "x.json"));
  std::string deep =
      "{\"schema\":\"gridlock-report/1\",\"x\":" + std::string(200000, '[') + std::string(200000, ']') + "}";
  EXPECT_FALSE(report::readJson(deep, "x.json"));
}

TEST(TextWriter, FirstLinesAreThoseOfACompiler) {
  const std::string text = report::writeText(fullReport(), {});
  EXPECT_EQ(text.rfind("src/cache.cpp:30:3: error: `Cache::items_`", 0), 0u) << text;
  EXPECT_NE(text.find("[data-race]\n"), std::string::npos);
  EXPECT_NE(text.find("[lock-order-cycle]\n"), std::string::npos);
  EXPECT_NE(text.find("gridlock: 1 error, 1 warning, 1 note"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "control characters of names must not reach a terminal";
}

TEST(TextWriter, QuotesSourceLinesWithACaret) {
  TemporaryFolder folder;
  std::ofstream(folder.path / "f.cpp") << "one\n\tlock(b);\n";
  ReportBuilder b;
  Finding finding;
  finding.rule = Rule::UnlockNotHeld;
  finding.message = "m";
  finding.locations = {{"f.cpp", 2, 2, "f", "unlocks"}};
  b.report.findings = {finding};
  report::WriteOptions options;
  options.source_roots = {folder.path.string()};
  const std::string text = report::writeText(derived({b.report}), options);
  EXPECT_NE(text.find("    2 |         lock(b);\n      |         ^\n"), std::string::npos) << text;
}

TEST(TextWriter, SuppressedAndKnownAreOnlyCounted) {
  Report report = fullReport();
  report.findings[0].status = model::Status::Suppressed;
  report.findings[1].status = model::Status::Known;
  const std::string text = report::writeText(report, {});
  EXPECT_EQ(text.find("[data-race]"), std::string::npos);
  EXPECT_NE(text.find("1 note, 1 known, 1 suppressed"), std::string::npos) << text;
}

TEST(SarifWriter, OneThreadFlowPerThreadAndStableFingerprints) {
  const Report report = fullReport();
  const Json sarif = Json::parse(report::writeSarif(report, {}));
  EXPECT_EQ(sarif["version"], "2.1.0");
  const Json& run = sarif["runs"][0];
  ASSERT_EQ(run["results"].size(), report.findings.size());
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const Json& result = run["results"][i];
    ASSERT_EQ(result["locations"].size(), 1u);
    EXPECT_TRUE(result["locations"][0].contains("physicalLocation")) << "each result needs a place";
    EXPECT_EQ(result["partialFingerprints"]["gridlock/v1"], report.findings[i].fingerprint);
    EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"], result["ruleId"]);
  }
  const auto cycle = std::find_if(run["results"].begin(), run["results"].end(),
                                  [](const Json& r) { return r["ruleId"] == "lock-order-cycle"; });
  ASSERT_NE(cycle, run["results"].end());
  EXPECT_EQ((*cycle)["codeFlows"][0]["threadFlows"].size(), 2u);
  const Json& absolute = run["results"][0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"];
  EXPECT_EQ(absolute["uri"], "file:///abs/dir%20name/x.cpp");
  EXPECT_FALSE(absolute.contains("uriBaseId"));
}

TEST(SarifWriter, SuppressionsAndBaseline) {
  Report report = fullReport();
  report.findings[0].status = model::Status::Suppressed;
  report.findings[1].status = model::Status::Known;
  const Json sarif = Json::parse(report::writeSarif(report, {}));
  const Json& results = sarif["runs"][0]["results"];
  EXPECT_EQ(results[0]["suppressions"][0]["kind"], "external");
  EXPECT_EQ(results[1]["baselineState"], "unchanged");
  EXPECT_EQ(results[2]["baselineState"], "new");
}

TEST(GitlabWriter, FingerprintsAreUniqueAndLinesArePositive) {
  Report report = fullReport();
  report.findings.push_back(report.findings[0]);
  const Json list = Json::parse(report::writeGitlab(report));
  std::set<std::string> fingerprints;
  for (const Json& row : list) {
    EXPECT_TRUE(fingerprints.insert(row["fingerprint"]).second);
    EXPECT_GE(row["location"]["lines"]["begin"].get<int>(), 1);
    EXPECT_FALSE(row["location"]["path"].get<std::string>().empty());
  }
  EXPECT_EQ(list.size(), report.findings.size());
}

// The first element of a page that is not closed in its order; empty: none.
std::string unbalanced(const std::string& html) {
  const std::set<std::string> empty_ones = {"!DOCTYPE", "meta", "br"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const bool closes = html[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" >", begin) - begin);
    if (empty_ones.count(name)) continue;
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> at " + std::to_string(at);
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

TEST(HtmlWriter, ClosesWhatItOpens) {
  EXPECT_EQ(unbalanced(report::writeHtml(fullReport(), {})), "");
  EXPECT_EQ(unbalanced("<p><b></p></b>"), "</p> at 6");
}

TEST(HtmlWriter, NamesInSentencesAreCode) {
  Report report = fullReport();
  report.findings[0].message = "`a<b>::c` is read; one ` stays";
  const std::string html = report::writeHtml(report, {});
  EXPECT_NE(html.find("<code>a&lt;b&gt;::c</code> is read; one ` stays"), std::string::npos);
}

TEST(SarifWriter, RefersOnlyToWhatItDeclares) {
  const Json sarif = Json::parse(report::writeSarif(fullReport(), {}));
  const Json& run = sarif["runs"][0];
  const std::set<std::string> levels = {"none", "note", "warning", "error"};
  const std::function<void(const Json&, const std::string&)> visit = [&](const Json& node,
                                                                         const std::string& path) {
    if (node.is_object()) {
      if (node.contains("uriBaseId")) {
        EXPECT_TRUE(run["originalUriBaseIds"].contains(node["uriBaseId"].get<std::string>())) << path;
      }
      if (node.contains("startLine")) {
        EXPECT_GE(node["startLine"].get<int>(), 1) << path;
      }
      if (node.contains("startColumn")) {
        EXPECT_GE(node["startColumn"].get<int>(), 1) << path;
      }
      if (node.contains("level")) {
        EXPECT_TRUE(levels.count(node["level"].get<std::string>())) << path;
      }
      if (node.contains("message")) {
        EXPECT_FALSE(node["message"]["text"].get<std::string>().empty()) << path;
      }
      if (node.contains("threadFlows")) {
        for (const Json& flow : node["threadFlows"]) EXPECT_FALSE(flow["locations"].empty()) << path;
      }
    }
    if (node.is_structured())
      for (const auto& [key, value] : node.items()) visit(value, path + "/" + key);
  };
  visit(sarif, "");
  std::set<std::string> ids;
  for (const Json& rule : run["tool"]["driver"]["rules"]) {
    EXPECT_TRUE(ids.insert(rule["id"]).second);
    EXPECT_NE(rule["help"]["markdown"].get<std::string>().find("Fix: "), std::string::npos) << rule["id"];
  }
}

TEST(JunitAndHtml, AreWellFormed) {
  TemporaryFolder folder;
  const Report report = fullReport();
  const std::string junit = (folder.path / "r.xml").string();
  ASSERT_TRUE(report::writeFile(junit, report::writeJunit(report)));
  std::string output;
  EXPECT_EQ(
      runCommand("python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' " + junit,
                 output),
      0)
      << output;
  EXPECT_NE(report::writeJunit(report).find("failures=\"2\""), std::string::npos);
  const std::string html = report::writeHtml(report, {});
  EXPECT_EQ(html.find("@BODY@"), std::string::npos);
  EXPECT_EQ(html.find("<without>"), std::string::npos) << "text of the report must be escaped";
  EXPECT_EQ(html.find("http://"), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
}

TEST(DotWriter, NodesAreNamedNotNumbered) {
  const std::string dot = report::writeDot(fullReport());
  EXPECT_NE(dot.find("\"lock ns::table\" -> "), std::string::npos) << dot;
  EXPECT_NE(dot.find("color=red"), std::string::npos);
  EXPECT_NE(dot.find("waits for"), std::string::npos);
}

TEST(Formats, AreGuessedFromTheEnding) {
  EXPECT_EQ(report::formatFromFile("a/b.sarif"), Format::Sarif);
  EXPECT_EQ(report::formatFromFile("x.json"), Format::Json);
  EXPECT_EQ(report::formatFromFile("gl-code-quality-report.json"), Format::Gitlab);
  EXPECT_EQ(report::formatFromFile("x.html"), Format::Html);
  EXPECT_EQ(report::formatFromFile("x.unknown"), std::nullopt);
}

TEST(WriteFile, IsWholeOrNotAtAll) {
  TemporaryFolder folder;
  const std::string file = (folder.path / "r.json").string();
  ASSERT_TRUE(report::writeFile(file, "one"));
  ASSERT_TRUE(report::writeFile(file, "two"));
  std::stringstream content;
  content << std::ifstream(file).rdbuf();
  EXPECT_EQ(content.str(), "two");
  const gridlock::Status bad = report::writeFile((folder.path / "no" / "r.json").string(), "x");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().text().find("no/r.json"), std::string::npos);
  EXPECT_FALSE(report::writeFile("/dev/full", "x"));
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path)) ++entries;
  EXPECT_EQ(entries, 1u) << "no temporary file is left";
}

}  // namespace
}  // namespace gridlock::test
