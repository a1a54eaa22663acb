// Every text that is read from outside, damaged in many ways, through the front door: a line and exit code 2,
// or the job is done; never a crash, never a hang. (Reports, facts, objects, records and cores have fuzzers.)
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/e2e/gridlock_command.h"

namespace gridlock::e2e {
namespace {

using support::ProcessResult;

struct Reader {
  const char* name;
  const char* file;
  const char* text;
  std::vector<std::string> command;
};
std::ostream& operator<<(std::ostream& out, const Reader& reader) { return out << reader.name; }

class DamagedText : public InFolder, public testing::WithParamInterface<Reader> {
 protected:
  DamagedText() : InFolder("damaged_text") {}
};

// Bytes changed, cut out, written twice, and words that mean something at the wrong place.
std::string damaged(std::string text, std::mt19937& random) {
  static const char* const kPieces[] = {"\n",       "\"", "{",  "]",      "@@",    "--- ",
                                        "+++ ",     ":",  "*",  "\\",     "-1",    "99999999999999999999",
                                        "\xff\xfe", "[[", "/*", "NOLINT", "@f.rsp"};
  const std::size_t times = 1 + random() % 4;
  for (std::size_t i = 0; i < times && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    const std::size_t length = std::min<std::size_t>(text.size() - at, random() % 20);
    switch (random() % 5) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.insert(at, kPieces[random() % std::size(kPieces)]);
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

TEST_P(DamagedText, IsALineOrIsTaken) {
  const Reader& reader = GetParam();
  writeFile(file("a.c"), "int a;\nint main(void) { return a; }\n");
  writeFile(file(reader.file), reader.text);
  ASSERT_NE(gridlock(reader.command, {.directory = folder_}).code, 2) << "the text as it is must be good";
  std::mt19937 random(11);
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = damaged(reader.text, random);
    writeFile(file(reader.file), text);
    const ProcessResult result = gridlock(reader.command, {.directory = folder_});
    EXPECT_TRUE(result.code >= 0 && result.code <= 2) << result.ending() << "\n"
                                                      << result.err << "\n"
                                                      << text;
    if (result.code == 2) {
      EXPECT_EQ(result.err.rfind("gridlock: ", 0), 0u) << result.err << "\n" << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    , DamagedText,
    testing::Values(
        Reader{"compile_database",
               "compile_commands.json",
               "[{\"directory\": \".\", \"file\": \"a.c\", \"arguments\": [\"cc\", \"-DX=1\", \"-c\", "
               "\"a.c\"]},\n"
               " {\"directory\": \".\", \"file\": \"./a.c\", \"command\": \"cc -DX=2 '-DY=\\\"z\\\"' -c "
               "a.c\"}]\n",
               {"check", "--quiet", "-p", "."}},
        Reader{"response_file",
               "f.rsp",
               "-DX=1 '-DY=\"a b\"'\n-I. -std=gnu11\n",
               {"check", "--quiet", "a.c", "--", "@f.rsp"}},
        Reader{"suppressions",
               "f.supp",
               "# known\nrace:a.c\nlock-order-cycle:Cache::*\ndata-race:*::count$\n",
               {"check", "--quiet", "--suppressions", "f.supp", "a.c", "--"}},
        Reader{"models",
               "f.models",
               "# mine\nns::take, take : lock 0 shared\nmy_pool_submit : start 1 2\n",
               {"check", "--quiet", "--models", "f.models", "a.c", "--"}},
        Reader{"diff",
               "f.diff",
               "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -0,0 +1,2 @@\n+int a;\n+int main(void) { "
               "return a; }\n",
               {"check", "--quiet", "--diff", "f.diff", "a.c", "--"}},
        Reader{"baseline",
               "f.json",
               "{\"schema\": \"gridlock-report/1\", \"tool\": {\"name\": \"gridlock\", \"version\": \"1\"}, "
               "\"runs\": [],"
               " \"locks\": [], \"lockOrder\": [], \"waitFor\": [], \"sharedState\": [], "
               "\"criticalSections\": [],"
               " \"findings\": []}",
               {"check", "--quiet", "--baseline", "f.json", "a.c", "--"}},
        Reader{
            "annotations",
            "n.cpp",
            "struct __attribute__((capability(\"mutex\"))) M { void lock() "
            "__attribute__((acquire_capability())); "
            "void unlock() __attribute__((release_capability())); };\n"
            "struct S { M m; int n __attribute__((guarded_by(m))); };  // NOLINT(gridlock-data-race)\n"
            "// NOLINTBEGIN(gridlock-*)\nvoid f(S& s) __attribute__((requires_capability(s.m))) { ++s.n; }\n"
            "// NOLINTEND(gridlock-*)\n",
            {"check", "--quiet", "n.cpp", "--"}}),
    [](const testing::TestParamInfo<Reader>& reader) { return std::string(reader.param.name); });

}  // namespace
}  // namespace gridlock::e2e
