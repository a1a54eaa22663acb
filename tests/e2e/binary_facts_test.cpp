// Facts inside object files: the plug-in puts them there whatever the compile looks like, the command
// reads them from whatever was linked, and believes nothing in the file.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

const char kClang[] = "/usr/bin/clang-19";

class BinaryFacts : public InFolder {
 protected:
  BinaryFacts() : InFolder("binary_facts") {}

  void SetUp() override {
    plugin_ = (fs::path(GRIDLOCK_BINARY_DIR) / "lib/libgridlock_facts.so").string();
    if (!fs::exists(kClang)) GTEST_SKIP() << "clang-19 is not installed";
    if (!fs::exists(plugin_)) GTEST_SKIP() << "this build has no plug-in";
    // Two halves of a race, in two units.
    writeFile(folder_ / "src/lib.h", "#pragma once\nint bump(void);\n");
    writeFile(folder_ / "src/lib.c",
              "#include \"lib.h\"\nstatic int total;\nint bump(void) { return ++total; }\n");
    writeFile(folder_ / "src/main.c", R"(#include <pthread.h>
#include "lib.h"
static void *work(void *p) { bump(); return p; }
int main(void) {
  pthread_t a, b;
  pthread_create(&a, 0, work, 0); pthread_create(&b, 0, work, 0);
  pthread_join(a, 0); pthread_join(b, 0);
  return 0;
}
)");
    fs::create_directories(folder_ / "build");
  }

  // In build/, where $CC is Clang with the plug-in.
  void shell(const std::string& script) {
    const ProcessResult done =
        support::runShell("set -e\nCC='" + std::string(kClang) + " -fplugin=" + plugin_ +
                              " -fplugin-arg-gridlock-root=..'\n" + script,
                          {.directory = folder_ / "build"});
    ASSERT_EQ(done.code, 0) << script << "\n" << done.out << done.err;
  }

  ProcessResult check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    return gridlock(arguments, {.directory = folder_ / "build"});
  }

  // The race of lib.c, and nothing missing.
  void expectRace(const std::vector<std::string>& binaries) {
    std::vector<std::string> arguments{"--root", "..", "-o", "r.json"};
    arguments.insert(arguments.end(), binaries.begin(), binaries.end());
    const ProcessResult result = check(arguments);
    EXPECT_EQ(result.code, 1) << result.err;
    EXPECT_EQ(rulesOf(folder_ / "build/r.json"), std::vector<std::string>{"data-race"}) << result.err;
    EXPECT_NE(result.err.find("src/lib.c:3:"), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find("gridlock: warning"), std::string::npos) << result.err;
  }

  std::string plugin_;
};

struct Way {
  const char* name;
  const char* script;  // makes `app`
};
std::ostream& operator<<(std::ostream& out, const Way& way) { return out << way.name; }

class HowItIsBuilt : public BinaryFacts, public testing::WithParamInterface<Way> {};

TEST_P(HowItIsBuilt, TheProgramCarriesTheFactsOfItsUnits) {
  shell(GetParam().script);
  expectRace({"app"});
}

INSTANTIATE_TEST_SUITE_P(
    , HowItIsBuilt,
    testing::Values(
        Way{"objects", "$CC -O2 -c ../src/lib.c ../src/main.c; $CC lib.o main.o -o app"},
        Way{"at_once", "$CC -g ../src/lib.c ../src/main.c -o app"},
        Way{"static_library",
            "$CC -c ../src/lib.c ../src/main.c; ar rcs libl.a lib.o; $CC main.o libl.a -o app"},
        Way{"garbage_collected",
            "$CC -ffunction-sections -c ../src/lib.c ../src/main.c; $CC lib.o main.o -Wl,--gc-sections -o "
            "app"},
        Way{"save_temps", "$CC -O1 -save-temps -c ../src/lib.c ../src/main.c; $CC lib.o main.o -o app"},
        Way{"assembly", "$CC -S ../src/lib.c ../src/main.c; $CC lib.s main.s -o app"},
        Way{"other_assembler",
            "$CC -fno-integrated-as -c ../src/lib.c ../src/main.c; $CC lib.o main.o -o app"},
        Way{"lto", "$CC -O2 -flto -c ../src/lib.c ../src/main.c; $CC -O2 -flto lib.o main.o -o app"},
        Way{"thin_lto",
            "$CC -O2 -flto=thin -c ../src/lib.c ../src/main.c; $CC -O2 -flto=thin lib.o main.o -o app"},
        Way{"relocatable",
            "$CC -c ../src/lib.c ../src/main.c; ld -r lib.o main.o -o all.o; $CC all.o -o app"},
        Way{"not_pie", "$CC -fno-pie -no-pie ../src/lib.c ../src/main.c -o app"},
        Way{"stripped", "$CC ../src/lib.c ../src/main.c -o app; strip app"},
        Way{"preprocessed_before",
            "$CC -E ../src/lib.c -o lib.i; $CC -c lib.i; $CC -c ../src/main.c; $CC lib.o main.o -o app"}),
    [](const testing::TestParamInfo<Way>& way) { return std::string(way.param.name); });

TEST_F(BinaryFacts, SharedLibrariesAreFollowed) {
  shell(R"(mkdir -p lib; $CC -fPIC -shared ../src/lib.c -o lib/libl.so
           $CC ../src/main.c -Llib -ll -Wl,-rpath,'$ORIGIN/lib' -o app)");
  expectRace({"app"});
  expectRace({"lib/libl.so", "app"});
  fs::remove(folder_ / "build/lib/libl.so");
  const ProcessResult result = check({"app"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("libl.so is not found"), std::string::npos) << result.err;
}

TEST_F(BinaryFacts, ObjectsAndArchivesCanBeChecked) {
  shell("$CC -c ../src/lib.c ../src/main.c; ar rcs libl.a lib.o; ar rcsT libthin.a lib.o main.o");
  expectRace({"lib.o", "main.o"});
  expectRace({"libl.a", "main.o"});
  expectRace({"libthin.a"});
}

TEST_F(BinaryFacts, TwoProgramsAreTwoPrograms) {
  // Each has a thread of its own that writes the same library's state: no race in either.
  writeFile(folder_ / "src/calm.c", "#include \"lib.h\"\nint main(void) { return bump(); }\n");
  shell("$CC ../src/lib.c ../src/calm.c -o calm; $CC ../src/lib.c ../src/main.c -o app");
  const ProcessResult calm = check({"calm"});
  EXPECT_EQ(calm.code, 0) << calm.err;
  expectRace({"calm", "app"});
}

TEST_F(BinaryFacts, ACompilerCacheKeepsThem) {
  if (support::runShell("command -v ccache").code != 0) GTEST_SKIP() << "ccache is not installed";
  shell(R"(export CCACHE_DIR=$PWD/cache
           unset CCACHE_DISABLE
           for round in 1 2; do rm -f *.o; for f in lib main; do ccache $CC -c ../src/$f.c -o $f.o; done; done
           ccache -s | grep -q 'Hits: *2'
           $CC lib.o main.o -o app)");
  expectRace({"app"});
}

TEST_F(BinaryFacts, TheCommandSaysTheSameAsAboutTheSources) {
  writeFile(folder_ / "src/pool.cpp", R"(#include <mutex>
#include <thread>
#include <vector>
class Pool {
 public:
  void add(int x) { std::lock_guard<std::mutex> lock(mutex_); items_.push_back(x); }
  std::size_t size() const { return items_.size(); }
 private:
  mutable std::mutex mutex_;
  std::vector<int> items_;
};
int main() {
  Pool pool;
  std::thread one([&] { pool.add(1); });
  std::thread two([&] { return pool.size(); });
  one.join();
  two.join();
}
)");
  shell("clang++-19 -std=c++20 -O2 -fplugin=" + plugin_ +
        " -fplugin-arg-gridlock-root=.. ../src/pool.cpp -o app -pthread");
  const ProcessResult binary = check({"--root", "..", "-o", "binary.json", "app"});
  const ProcessResult source =
      check({"--root", "..", "-o", "source.json", "../src/pool.cpp", "--", "-std=c++20", "-O2"});
  EXPECT_EQ(binary.code, 1) << binary.err;
  EXPECT_EQ(source.code, 1) << source.err;
  const auto findingsOf = [&](const char* file) {
    Result<nlohmann::json> report = support::loadReport(folder_ / "build" / file);
    return report ? (*report)["findings"].dump(1) : report.error().text();
  };
  EXPECT_EQ(findingsOf("binary.json"), findingsOf("source.json"));
}

TEST_F(BinaryFacts, ACommentSwitchesOffInPreprocessedSource) {
  writeFile(folder_ / "src/lib.c",
            "#include \"lib.h\"\nstatic int total;\nint bump(void) { return ++total; }  // "
            "NOLINT(gridlock-data-race)\n");
  shell("$CC -save-temps ../src/lib.c ../src/main.c -o app");
  const ProcessResult result = check({"app"});
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(BinaryFacts, ABinaryWithout) {
  shell(std::string(kClang) + " -c ../src/lib.c; ar rcs l.a lib.o; " + kClang + " -flto -c ../src/main.c");
  expectOneLine(check({"/bin/true"}), {"/bin/true", "no facts", "-fplugin"});
  expectOneLine(check({"lib.o"}), {"lib.o", "no facts"});
  expectOneLine(check({"l.a"}), {"l.a", "no facts"});
  expectOneLine(check({"main.o"}), {"main.o", "bitcode"});
}

TEST_F(BinaryFacts, ADamagedChunkCostsItsUnitOnly) {
  shell("$CC ../src/lib.c ../src/main.c -o app");
  std::string bytes = readFile(folder_ / "build/app");
  const std::size_t first = bytes.find("GRLKFACT");
  ASSERT_NE(first, std::string::npos);
  bytes[first + 40] ^= 0x55;
  writeFile(folder_ / "build/damaged", bytes);
  const ProcessResult damaged = check({"-o", "r.json", "damaged"});
  EXPECT_EQ(damaged.code, 0) << damaged.err;
  EXPECT_NE(damaged.err.find("damaged: offset 0: the facts are damaged"), std::string::npos) << damaged.err;
  Result<nlohmann::json> report = support::loadReport(folder_ / "build/r.json");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["runs"][0]["units"], 1);
  EXPECT_EQ((*report)["runs"][0]["failedUnits"].size(), 1u);

  // Of another version, all of them: one line, not one for each.
  for (std::size_t at = first; at != std::string::npos; at = bytes.find("GRLKFACT", at + 8))
    bytes[at + 8] = 99;
  writeFile(folder_ / "build/newer", bytes);
  expectOneLine(check({"newer"}), {"newer", "version 99"});

  // Cut off anywhere: a line, never a crash.
  const std::string whole = readFile(folder_ / "build/app");
  for (const std::size_t size :
       {std::size_t{4}, std::size_t{20}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
    writeFile(folder_ / "build/cut", whole.substr(0, size));
    const ProcessResult cut = check({"cut"});
    EXPECT_EQ(cut.code, 2) << size << cut.err;
    EXPECT_EQ(std::count(cut.err.begin(), cut.err.end(), '\n'), 1) << size << cut.err;
  }
}

TEST_F(BinaryFacts, ThePluginMakesNoCompileFail) {
  writeFile(folder_ / "src/bad.c", "int f(void) { return nothing; }\n");
  const std::string cc = std::string(kClang) + " -fplugin=" + plugin_;
  const fs::path build = folder_ / "build";
  EXPECT_EQ(support::runShell(cc + " -c ../src/bad.c", {.directory = build}).code, 1);
  EXPECT_FALSE(fs::exists(build / "bad.o"));
  for (const char* flags : {"-E ../src/lib.c", "-fsyntax-only ../src/lib.c", "-M ../src/lib.c",
                            "-x c - -c -o stdin.o < /dev/null", "-x c-header ../src/lib.h -o lib.pch"}) {
    const ProcessResult done = support::runShell(cc + " " + flags, {.directory = build});
    EXPECT_EQ(done.code, 0) << flags << done.err;
    EXPECT_EQ(done.err, "") << flags;
  }
  const ProcessResult wrong =
      support::runShell(cc + " -fplugin-arg-gridlock-rot=x -c ../src/lib.c", {.directory = build});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("unknown argument 'rot=x'"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace gridlock::e2e
