// Units that cannot be had: each costs itself only, the rest is checked, and the report says what is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

// Minutes: the loop runs in the front end.
const char kEndless[] = R"(constexpr long spin(long n) {
  long sum = 0;
  for (long i = 0; i < n; ++i) sum += i ^ n;
  return sum;
}
static_assert(spin(99999999999) != 1);
)";
const char kEndlessFlags[] = "-std=c++20 -fconstexpr-steps=4294967295";

// Gigabytes: each element is a node of the tree.
const char kHuge[] =
    "static const int table[] = {[0 ... 400000000] = 1};\nint first(void) { return table[0]; }\n";

const char kCrash[] = "int one(void) { return 1; }\n#pragma clang __debug crash\n";

class BadUnits : public InFolder {
 protected:
  BadUnits() : InFolder("bad_units") {}

  ProcessResult run(const std::vector<std::string>& arguments, support::ProcessOptions options = {}) {
    options.directory = folder_;
    options.environment["GRIDLOCK_CACHE"] = (folder_ / "cache").string();
    return gridlock(arguments, options);
  }
  // A unit of the compile database: its text is written, too, unless there is none.
  void add(const std::string& name, const std::string& text, const std::string& flags = "",
           const std::string& directory = "..") {
    if (!text.empty()) writeFile(file("src/" + name), text);
    database_.push_back({{"directory", directory},
                         {"file", "src/" + name},
                         {"command", "cc " + flags + " -c src/" + name + " -o " + name + ".o"}});
  }

  // The check of all units, which finds the race of racy.c and gives up those named.
  nlohmann::json check(std::vector<std::string> options, const std::vector<std::string>& failed) {
    add("racy.c", kRacy);
    writeFile(file("build/compile_commands.json"), database_.dump());
    options.insert(options.begin(), {"check", "-p", "build", "--root", ".", "-o", "r.json"});
    const ProcessResult result = run(options, {.deadline = std::chrono::seconds(60)});
    EXPECT_EQ(result.code, 1) << result.ending() << result.err;
    err_ = result.err;
    EXPECT_EQ(rulesOf(file("r.json")), std::vector<std::string>{"data-race"}) << result.err;
    Result<nlohmann::json> report = support::loadReport(file("r.json"));
    EXPECT_TRUE(report);
    if (!report) return {};
    const nlohmann::json& only = (*report)["runs"][0];
    EXPECT_EQ(only["complete"], failed.empty());
    std::vector<std::string> names;
    for (const nlohmann::json& unit : only.value("failedUnits", nlohmann::json::array()))
      names.push_back(unit["file"]);
    EXPECT_EQ(names, failed);
    for (const std::string& name : failed)
      EXPECT_NE(err_.find(name + ": "), std::string::npos) << "not said: " << name << "\n" << err_;
    return only;
  }

  void expectSaid(const std::string& text) { EXPECT_NE(err_.find(text), std::string::npos) << err_; }

  nlohmann::json database_ = nlohmann::json::array();
  std::string err_;
};

TEST_F(BadUnits, OneThatNeedsMinutes) {
  add("endless.cpp", kEndless, kEndlessFlags);
  check({"--unit-timeout", "2"}, {"src/endless.cpp"});
  expectSaid("src/endless.cpp: took longer than 2 s (--unit-timeout sets the limit)");
}

TEST_F(BadUnits, OneThatNeedsGigabytes) {
  add("huge.c", kHuge);
  check({"--unit-memory", "1500"}, {"src/huge.c"});
  expectSaid("src/huge.c: needs more than 1500 MB of memory (--unit-memory sets the limit)");
}

TEST_F(BadUnits, OneThatCrashesTheFrontEnd) {
  add("crash.c", kCrash);
  add("fatal.c", "int one;\n#pragma clang __debug llvm_fatal_error\n");
  check({}, {"src/crash.c", "src/fatal.c"});
  expectSaid("src/crash.c: the front end crashed (Illegal instruction)");
  expectSaid("src/fatal.c: the front end crashed (Aborted)");
  EXPECT_EQ(err_.find("PLEASE submit"), std::string::npos) << "whose bug it is, is for us to say: " << err_;
}

TEST_F(BadUnits, DeepNestingIsNoStackOverflow) {
  constexpr int kDepth = 20000;
  std::string sum = "int deep(int x) { return x";
  for (int i = 0; i < kDepth; ++i) sum += " + x";
  add("sum.c", sum + "; }\n");
  check({}, {});
}

TEST_F(BadUnits, OnesThatAreNotThere) {
  add("gone.c", "");
  add("elsewhere.c", "int a;\n", "", "../no_such_folder");
  add("later.c", "#include \"generated.h\"\nint later(void) { return 2; }\n");
  check({}, {"src/gone.c", "no_such_folder/src/elsewhere.c", "src/later.c"});
  expectSaid("src/gone.c: no such file");
  expectSaid("src/later.c: line 1: 'generated.h' file not found");
}

TEST_F(BadUnits, FlagsOfAnotherCompilerAreSaidOnce) {
  add("a.c", "int a;\n", "-fipa-pta -fconserve-stack -mno-such-thing");
  add("b.c", "int b;\n", "-fipa-pta");
  check({}, {});
  expectSaid("flag -fipa-pta is not known to Clang and was left out (2 units)");
  const std::size_t first = err_.find("-fipa-pta");
  EXPECT_EQ(err_.find("-fipa-pta", first + 1), std::string::npos) << err_;
}

TEST_F(BadUnits, ResponseFilesAndRelativePaths) {
  writeFile(file("flags.rsp"), "-DSECOND=1 -Iinclude\n");
  writeFile(file("include/second.h"), "static int second;\n");
  add("b.c", "#include \"second.h\"\n#if !SECOND\n#error flags\n#endif\nint b(void) { return second; }\n",
      "@flags.rsp");
  check({}, {});
}

TEST_F(BadUnits, WhatGccTakesIsNoError) {
  add("old.c", R"(struct s { int n; };
old(p) char *p; { struct s *q = p; return undeclared(p); }
int *number(void) { return 3; }
void nothing(void) { return 1; }
int some(void) { return; }
int text(void) { char *t = 5; return t; }
)",
      "-std=gnu89");
  check({}, {});
}

TEST_F(BadUnits, FactsGiveUpAsTheCheckDoes) {
  writeFile(file("crash.c"), kCrash);
  expectOneLine(run({"facts", "crash.c", "-o", "x.glf", "--"}), {"crash.c", "the front end crashed"});
  writeFile(file("endless.cpp"), kEndless);
  expectOneLine(run({"facts", "--unit-timeout", "1", "endless.cpp", "-o", "x.glf", "--", "-std=c++20",
                     "-fconstexpr-steps=4294967295"}),
                {"endless.cpp", "took longer than 1 s"});
  writeFile(file("huge.c"), kHuge);
  expectOneLine(run({"facts", "--unit-memory", "1500", "huge.c", "-o", "x.glf", "--"}),
                {"huge.c", "needs more than 1500 MB"});
  EXPECT_FALSE(fs::exists(file("x.glf")));
}

TEST_F(BadUnits, NothingIsLeftOfThemWhenTheCommandIsKilled) {
  writeFile(file("endless.cpp"), kEndless);
  std::vector<pid_t> children;
  const auto childrenOf = [](pid_t parent) {
    std::vector<pid_t> out;
    const std::string text =
        readFile("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    for (std::size_t at = 0; at < text.size(); at = text.find(' ', at) + 1)
      out.push_back(std::atoi(text.c_str() + at));
    return out;
  };
  run({"check", "endless.cpp", "--", "-std=c++20", "-fconstexpr-steps=4294967295"},
      {.while_running = [&](pid_t command) {
        while (children.empty() && kill(command, 0) == 0) children = childrenOf(command);
        kill(command, SIGKILL);
      }});
  ASSERT_EQ(children.size(), 1u);
  // It dies at once; who takes it over may reap it a little later.
  const std::string status = "/proc/" + std::to_string(children[0]) + "/stat";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto isAlive = [&] {
    const std::string text = fs::exists(status) ? readFile(status) : std::string();
    return !text.empty() && text.find(") Z ") == std::string::npos;
  };
  while (isAlive() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_FALSE(isAlive());
}

TEST_F(BadUnits, AModelFileWithAnError) {
  writeFile(file("racy.c"), kRacy);
  writeFile(file("my.models"), "# fine\nmy_lock : lock 0\nmy_unlock : unlokc 0\n");
  expectOneLine(run({"check", "--models", "my.models", "racy.c", "--"}), {"my.models", "line 3", "unlokc"});
  writeFile(file("my.models"), "no colon\n");
  expectOneLine(run({"check", "--models", "my.models", "racy.c", "--"}), {"my.models", "line 1", "expected"});
  expectOneLine(run({"check", "--models", "absent.models", "racy.c", "--"}), {"absent.models"});
}

TEST_F(BadUnits, FactsOfAnotherMachineSayTheSame) {
  for (const char* machine : {"here", "there/deep/down"}) {
    writeFile(file(std::string(machine) + "/src/racy.c"), kRacy);
    const ProcessResult made =
        gridlock({"facts", "src/racy.c", "-o", "racy.glf", "--"}, {.directory = file(machine)});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  const std::string bytes = readFile(file("here/racy.glf"));
  EXPECT_EQ(bytes, readFile(file("there/deep/down/racy.glf")));
  EXPECT_EQ(bytes.find(folder_.string()), std::string::npos);
  const ProcessResult far = run({"check", "-o", "r.json", "here/racy.glf"});
  EXPECT_EQ(far.code, 1) << far.err;
  std::string later = bytes;
  later[8] = 99;
  writeFile(file("later.glf"), later);
  expectOneLine(run({"check", "later.glf"}), {"later.glf", "version 99"});
}

}  // namespace
}  // namespace gridlock::e2e
