// The product's programs, as tests start them; see gridlock_command.h.
#include "tests/e2e/gridlock_command.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {

namespace fs = std::filesystem;

fs::path gridlockCommand() { return fs::path(GRIDLOCK_BINARY_DIR) / "bin/gridlock"; }
fs::path shim() { return fs::path(GRIDLOCK_BINARY_DIR) / "lib/libgridlock_rt.so"; }
fs::path testdataFolder() { return fs::path(GRIDLOCK_SOURCE_DIR) / "testdata"; }

support::ProcessResult gridlock(const std::vector<std::string>& arguments, support::ProcessOptions options) {
  std::vector<std::string> command{gridlockCommand()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  options.environment.emplace("GRIDLOCK_OPTIONS", "");
  return support::runProcess(command, options);
}

fs::path program(const std::string& name, const std::string& text,
                 const std::vector<std::string>& extra_flags) {
  std::string key = name + '\0' + text;
  for (const std::string& flag : extra_flags) key += '\0' + flag;
  fs::path folder = fs::path(GRIDLOCK_E2E_WORK_DIR) / "small_programs" /
                    (name + "." + std::to_string(std::hash<std::string>()(key)));
  fs::path binary = folder / name;
  if (fs::exists(binary)) return binary;
  fs::create_directories(folder);
  bool cxx = text.find("#include <mutex>") != std::string::npos || text.find("std::") != std::string::npos;
  fs::path source = folder / (name + (cxx ? ".cpp" : ".c"));
  fs::path fresh = folder / ("linking." + std::to_string(getpid()));
  // Other shards may build the same program: nobody must see half a file.
  fs::path fresh_source = folder / ("writing." + std::to_string(getpid()));
  writeFile(fresh_source, text);
  fs::rename(fresh_source, source);
  std::vector<std::string> command{cxx ? "g++" : "gcc",
                                   cxx ? "-std=c++20" : "-std=gnu11",
                                   "-g",
                                   "-pthread",
                                   "-I" + testdataFolder().string(),
                                   source.string(),
                                   "-o",
                                   fresh.string()};
  command.insert(command.end(), extra_flags.begin(), extra_flags.end());
  support::ProcessResult compiled = support::runProcess(command, {.deadline = std::chrono::seconds(60)});
  if (compiled.code != 0) {
    ADD_FAILURE() << compiled.err;
    return {};
  }
  fs::rename(fresh, binary);
  return binary;
}

InFolder::InFolder(const std::string& suite) {
  std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
  std::replace(name.begin(), name.end(), '/', '_');
  folder_ = support::scratchFolder(suite + "/" + name);
}

void expectOneLine(const support::ProcessResult& result, const std::vector<std::string>& words) {
  EXPECT_EQ(result.code, 2) << result.ending() << "\n" << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.err.rfind("gridlock: ", 0), 0u) << result.err;
  for (const std::string& word : words)
    EXPECT_NE(result.err.find(word), std::string::npos) << "no '" << word << "' in: " << result.err;
}

std::string readFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void writeFile(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::vector<std::string> rulesOf(const fs::path& report) {
  std::vector<std::string> rules;
  Result<nlohmann::json> json = support::loadReport(report);
  if (!json) {
    ADD_FAILURE() << json.error().text();
    return rules;
  }
  for (const nlohmann::json& finding : (*json)["findings"]) {
    if (finding.value("status", "new") != "suppressed") rules.push_back(finding["rule"]);
  }
  std::sort(rules.begin(), rules.end());
  return rules;
}

}  // namespace gridlock::e2e
