// The README's commands, run as they stand there: a command that a newcomer copies must work.
//
// Blocks marked `console` are one session, lines with "$ ": they start in the project's root. The `sh` block
// of the chapter on CI runs in the example, as somebody's project. Both with our commands on the PATH.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

// The commands of all blocks of this language that contain `word`.
std::vector<std::string> commands(const std::string& language, const std::string& word) {
  std::istringstream readme(readFile(fs::path(GRIDLOCK_SOURCE_DIR) / "README.md"));
  std::vector<std::string> all;
  std::vector<std::string> block;
  bool inside = false;
  bool wanted = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.rfind("```", 0) == 0) {
      if (inside && wanted) all.insert(all.end(), block.begin(), block.end());
      inside = !inside && line.substr(3) == language;
      wanted = false;
      block.clear();
    } else if (inside) {
      wanted = wanted || line.find(word) != std::string::npos;
      bool shown = line.rfind("$ ", 0) == 0;
      if (language == "sh") block.push_back(line);
      if (language == "console" && shown) block.push_back(line.substr(2));
    }
  }
  return all;
}

// Runs them in one bash. Findings are no failure, anything else is.
ProcessResult session(const std::vector<std::string>& lines, const fs::path& folder) {
  std::string script;
  for (const std::string& line : lines)
    script += "echo '+' " + std::string("\"$(cat <<'END'\n") + line + "\nEND\n)\"\n" + line +
              "\ncode=$?; case $code in 0|1|66) ;; *) echo \"exit code $code\"; exit 9;; esac\n";
  std::string path = gridlockCommand().parent_path().string() + ":" + std::getenv("PATH");
  return support::runProcess({"bash", "-c", script},
                             {.directory = folder,
                              .environment = {{"PATH", path}, {"CMAKE_GENERATOR", "Ninja"}},
                              .deadline = std::chrono::seconds(180)});
}

TEST(Readme, TheTourWorks) {
  std::vector<std::string> lines = commands("console", "");
  ASSERT_GE(lines.size(), 5u) << "the README has lost its tour";
  fs::path folder = support::scratchFolder("readme/tour");
  fs::create_directory_symlink(testdataFolder(), folder / "testdata");
  ProcessResult result = session(lines, folder);
  EXPECT_EQ(result.code, 0) << result.ending() << "\n" << result.out << result.err;
  int reports = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder / "build")) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "compile_commands.json") continue;
    if (entry.path().string().find("CMakeFiles") != std::string::npos) continue;
    Status valid = support::validateReport(entry.path());
    EXPECT_TRUE(valid) << valid.error().text();
    ++reports;
  }
  EXPECT_GE(reports, 3);
}

TEST(Readme, TheGateForCiWorks) {
  std::vector<std::string> lines = commands("sh", "gridlock check -p build");
  ASSERT_GE(lines.size(), 3u) << "the README has lost its gate";
  fs::path folder = support::scratchFolder("readme/ci");
  fs::copy(testdataFolder() / "example", folder, fs::copy_options::recursive);
  ProcessResult result = session(lines, folder);
  EXPECT_EQ(result.code, 0) << result.ending() << "\n" << result.out << result.err;
}

}  // namespace
}  // namespace gridlock::e2e
