// One case for each scenario × engine × lock type (testdata/README.md), and the honest figures.
//
// A static case runs `gridlock check`, a runtime case compiles the program and runs it under
// `gridlock run`; the report, which must be valid against the schema, is compared with the
// expectations in the source. The suite Truth, only with --validate-with-tsan, tests the scenarios
// themselves: ThreadSanitizer must see the races of a _bad program and nothing in an _ok one.
#include "tests/e2e/testdata_test.h"

#include <algorithm>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/expect.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::BuildVariant;
using support::Engine;
using support::Expectation;
using support::Kind;
using support::ProcessResult;
using support::Scenario;

std::string caseName(const Scenario& scenario, const std::string& lock) {
  std::string name = scenario.name;
  if (!lock.empty()) name += "/" + lock;
  std::replace(name.begin(), name.end(), '-', '_');  // '-' means "not" in a GoogleTest filter
  return name;
}

fs::path reportFolder(const Scenario& scenario, const char* engine, const std::string& lock) {
  return support::scratchFolder("reports/" + scenario.name + "." + engine + (lock.empty() ? "" : "." + lock));
}

class Case : public testing::Test {
 public:
  Case(const Scenario& scenario, std::string lock) : scenario_(scenario), lock_(std::move(lock)) {}

 protected:
  // The report against the expectations, and the exit code against the report.
  void judge(Engine engine, const fs::path& report_file, const ProcessResult& result) {
    Result<nlohmann::json> report = support::loadReport(report_file);
    if (!report) {
      ADD_FAILURE() << report.error().text() << "\n" << result.ending() << "\n" << result.err;
      return;
    }
    for (const std::string& difference : support::compare(
             scenario_, engine, lock_, *report, {testdataFolder(), GRIDLOCK_SOURCE_DIR, scenario_.directory}))
      ADD_FAILURE() << difference;
    bool counting = false;
    for (const nlohmann::json& finding : (*report)["findings"])
      counting = counting || (finding["severity"] != "note" && finding.value("status", "new") == "new");
    int code = engine == Engine::Static ? (counting ? 1 : 0) : (counting ? 66 : 0);
    if (engine == Engine::Runtime && scenario_.exit_code != 0) code = scenario_.exit_code;
    bool hung = false;
    for (const nlohmann::json& run : (*report)["runs"])
      hung = hung || run.value("exit", nlohmann::json::object()).value("hung", false);
    if (hung && !counting) code = 124;  // a hang that `--timeout` of run-args has ended
    EXPECT_EQ(result.code, code) << result.ending() << "\n" << result.err;
    for (const nlohmann::json& run : (*report)["runs"]) {
      for (const nlohmann::json& unit : run.value("failedUnits", nlohmann::json::array()))
        ADD_FAILURE() << "failed unit: " << unit.dump();
    }
  }

  const Scenario& scenario_;
  const std::string lock_;
};

class StaticCase : public Case {
 public:
  using Case::Case;
  void TestBody() override {
    fs::path report = reportFolder(scenario_, "static", lock_) / "report.json";
    std::vector<std::string> arguments{"check", "--quiet", "-o", report};
    arguments.insert(arguments.end(), scenario_.args.begin(), scenario_.args.end());
    if (scenario_.project) {
      Result<fs::path> database = support::writeCompileDatabase(scenario_, lock_);
      ASSERT_TRUE(database) << database.error().text();
      arguments.insert(arguments.end(), {"-p", database->string()});
    } else {
      arguments.insert(arguments.end(), {fs::relative(scenario_.main_file, testdataFolder()), "--"});
      for (const std::string& flag : support::unitFlags(scenario_, scenario_.main_file, lock_))
        arguments.push_back(flag);
    }
    judge(Engine::Static, report,
          gridlock(arguments, {.directory = testdataFolder(), .deadline = std::chrono::seconds(60)}));
  }
};

class RuntimeCase : public Case {
 public:
  using Case::Case;
  void TestBody() override {
    std::vector<std::string> programs{""};
    if (!scenario_.programs.empty()) {
      programs.clear();
      for (const auto& [name, units] : scenario_.programs) programs.push_back(name);
    }
    for (const std::string& name : programs) {
      Result<fs::path> binary = support::buildProgram(scenario_, {.lock = lock_}, name);
      ASSERT_TRUE(binary) << binary.error().text();
      fs::path report = reportFolder(scenario_, "runtime", lock_) / "report.json";
      std::vector<std::string> arguments{"run", "--quiet", "-o", report};
      arguments.insert(arguments.end(), scenario_.run_args.begin(), scenario_.run_args.end());
      arguments.insert(arguments.end(), {"--", binary->string()});
      judge(Engine::Runtime, report,
            gridlock(arguments, {.directory = testdataFolder(), .deadline = std::chrono::seconds(20)}));
    }
  }
};

// ThreadSanitizer as the judge of our own expectations. It needs the interleaving, so a racy program
// has several tries. Deadlocks it sees only as inversions; of those scenarios this checks that an _ok
// program ends well by itself.
class TruthCase : public Case {
 public:
  using Case::Case;
  void TestBody() override {
    bool race =
        std::any_of(scenario_.expectations.begin(), scenario_.expectations.end(), [](const Expectation& one) {
          return (one.kind == Kind::Expect || one.kind == Kind::Miss) && one.rule == "data-race";
        });
    bool bad = scenario_.name.substr(scenario_.name.size() - 4) == "_bad";
    bool about_races = scenario_.name.rfind("race/", 0) == 0 || race;
    std::vector<std::string> programs{""};
    if (!scenario_.programs.empty()) {
      programs.clear();
      for (const auto& [name, units] : scenario_.programs) programs.push_back(name);
    }
    int tries = race ? 20 : 2;
    bool reported = false;
    for (const std::string& name : programs) {
      Result<fs::path> binary =
          support::buildProgram(scenario_, {.lock = lock_, .thread_sanitizer = about_races}, name);
      ASSERT_TRUE(binary) << binary.error().text();
      for (int i = 0; i < tries && !reported; ++i) {
        // TSan's memory layout and address randomisation do not go together on every kernel.
        ProcessResult result = support::runProcess(
            {"setarch", "-R", binary->string()},
            {.environment = {{"TSAN_OPTIONS", "report_bugs=1:detect_deadlocks=0:exitcode=67"}},
             .deadline = std::chrono::seconds(20)});
        reported = result.err.find("WARNING: ThreadSanitizer: data race") != std::string::npos;
        if (bad) continue;
        ASSERT_FALSE(result.timed_out) << "the correct program hangs";
        ASSERT_EQ(result.code, scenario_.exit_code) << result.ending() << "\n" << result.err;
      }
    }
    if (race) {
      EXPECT_TRUE(reported) << "ThreadSanitizer saw no race in " << tries << " runs";
    }
  }
};

class CatalogueErrors : public testing::Test {
 public:
  explicit CatalogueErrors(const std::vector<Error>& errors) : errors_(errors) {}
  void TestBody() override {
    for (const Error& error : errors_) ADD_FAILURE() << error.text();
  }

 private:
  const std::vector<Error>& errors_;
};

// What we know that we miss, and where we know that we are wrong: to be read by people.
class Figures : public testing::Test {
 public:
  explicit Figures(const std::vector<Scenario>& scenarios) : scenarios_(scenarios) {}
  void TestBody() override {
    std::map<Kind, int> counts;
    int bad = 0;
    int projects = 0;
    for (const Scenario& scenario : scenarios_) {
      for (const Expectation& one : scenario.expectations) ++counts[one.kind];
      bad += scenario.name.substr(scenario.name.size() - 4) == "_bad";
      projects += scenario.project;
    }
    std::cout << "testdata: " << scenarios_.size() << " scenarios (" << bad << " bad, "
              << scenarios_.size() - static_cast<std::size_t>(bad) << " ok, " << projects
              << " of several units), expectations: " << counts[Kind::Expect] << " expect, "
              << counts[Kind::None] << " expect-none, " << counts[Kind::Miss] << " expect-miss, "
              << counts[Kind::FalseAlarm] << " expect-false-alarm\n";
    EXPECT_GE(scenarios_.size(), 60u);
  }

 private:
  const std::vector<Scenario>& scenarios_;
};

}  // namespace

void registerTestdata(bool validate) {
  static const support::Catalogue catalogue = support::readCatalogue(testdataFolder());
  testing::RegisterTest("Testdata", "is_well_formed", nullptr, nullptr, __FILE__, __LINE__,
                        []() -> testing::Test* { return new CatalogueErrors(catalogue.errors); });
  testing::RegisterTest("Testdata", "figures", nullptr, nullptr, __FILE__, __LINE__,
                        []() -> testing::Test* { return new Figures(catalogue.scenarios); });
  for (const Scenario& scenario : catalogue.scenarios) {
    std::vector<std::string> locks = scenario.locks;
    if (locks.empty()) locks.push_back("");
    for (const std::string& lock : locks) {
      std::string name = caseName(scenario, lock);
      const Scenario* pointer = &scenario;
      auto make = [&]<typename T>(const char* suite) {
        testing::RegisterTest(suite, name.c_str(), nullptr, nullptr, scenario.main_file.c_str(), 1,
                              [pointer, lock]() -> testing::Test* { return new T(*pointer, lock); });
      };
      if (scenario.modes.count(Engine::Static)) make.operator()<StaticCase>("Static");
      if (scenario.modes.count(Engine::Runtime)) make.operator()<RuntimeCase>("Runtime");
      if (validate && scenario.validate) make.operator()<TruthCase>("Truth");
    }
  }
}

}  // namespace gridlock::e2e
