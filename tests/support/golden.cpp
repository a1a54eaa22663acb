// Golden files; see golden.h.
#include "tests/support/golden.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gridlock::support {
namespace {

bool g_update = false;

}  // namespace

void takeGoldenFlag(int& argc, char** argv) {
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--update-golden") == 0) {
      g_update = true;
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  argv[argc] = nullptr;
}

std::string compareGolden(const std::string& name, const std::string& actual) {
  std::filesystem::path file = std::filesystem::path(GRIDLOCK_SOURCE_DIR) / "testdata/golden" / name;
  if (g_update) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << actual;
    return {};
  }
  std::ifstream stream(file);
  if (!stream) return file.string() + " is missing; write it with --update-golden, then read it";
  std::istringstream now(actual);
  std::string expected_line;
  std::string actual_line;
  for (int line = 1;; ++line) {
    bool more_expected = static_cast<bool>(std::getline(stream, expected_line));
    bool more_actual = static_cast<bool>(std::getline(now, actual_line));
    if (!more_expected && !more_actual) return {};
    if (more_expected != more_actual || expected_line != actual_line)
      return file.string() + ":" + std::to_string(line) +
             ": differs\n  golden: " + (more_expected ? expected_line : "(end)") +
             "\n  actual: " + (more_actual ? actual_line : "(end)") + "\n--update-golden rewrites it";
  }
}

}  // namespace gridlock::support
