// Bad input: one clear line that names file and place, exit 2, nothing half-written; or, where
// something is left to do, the rest is done and the report says what is missing.
#include <gtest/gtest.h>

#include <csignal>
#include <random>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

const char kLocks[] = R"(
#include <pthread.h>
static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER, blue = PTHREAD_MUTEX_INITIALIZER;
int main(void) {
  pthread_mutex_lock(&red); pthread_mutex_lock(&blue);
  pthread_mutex_unlock(&blue); pthread_mutex_unlock(&red);
  return 0;
})";

class BadInput : public InFolder {
 protected:
  BadInput() : InFolder("bad_input") {}

  ProcessResult run(const std::vector<std::string>& arguments, support::ProcessOptions options = {}) {
    options.directory = folder_;
    return gridlock(arguments, options);
  }
  // A flight record of a small run: the shim of a program that was started directly leaves it where
  // `report=0` keeps it from starting the command.
  fs::path record() {
    fs::path records = file("records");
    fs::create_directories(records);
    support::ProcessResult result = support::runProcess(
        {program("locks", kLocks)},
        {.directory = folder_,
         .environment = {{"LD_PRELOAD", shim()}, {"GRIDLOCK_OPTIONS", "report=0"}, {"TMPDIR", records}}});
    EXPECT_EQ(result.code, 0) << result.err;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(records)) {
      if (entry.is_regular_file() && entry.file_size() > 0) return entry.path();
    }
    return {};
  }
};

TEST_F(BadInput, NoCompileDatabase) {
  expectOneLine(run({"check", "-p", "nowhere"}), {"nowhere"});
  fs::create_directories(file("empty"));
  expectOneLine(run({"check", "-p", "empty"}), {"empty", "compile_commands.json"});
}

TEST_F(BadInput, MalformedCompileDatabase) {
  for (const char* text : {"", "{", "[{\"file\": 3}]", "{\"a\": 1}", "[{}]"}) {
    writeFile(file("build/compile_commands.json"), text);
    expectOneLine(run({"check", "-p", "build"}), {"compile_commands.json"});
  }
}

TEST_F(BadInput, FileNotInTheDatabase) {
  writeFile(file("a.c"), "int main(void) { return 0; }\n");
  writeFile(file("stray.c"), "int stray;\n");
  writeFile(file("build/compile_commands.json"),
            "[{\"directory\": \"" + folder_.string() + "\", \"file\": \"a.c\", \"command\": \"cc -c a.c\"}]");
  expectOneLine(run({"check", "-p", "build", "stray.c"}), {"stray.c"});
  EXPECT_EQ(run({"check", "-p", "build", "a.c"}).code, 0);
}

TEST_F(BadInput, DiffThatDoesNotFit) {
  writeFile(file("a.c"), "int a;\nint main(void) { return a; }\n");
  writeFile(file("other.diff"), "--- a/b.c\n+++ b/b.c\n@@ -1 +1,2 @@\n x\n+y\n");
  ProcessResult other = run({"check", "--diff", "other.diff", "a.c", "--"});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_NE(other.err.find("other.diff: line 2: there is no b.c in "), std::string::npos) << other.err;
  writeFile(file("old.diff"), "--- a/a.c\n+++ b/a.c\n@@ -1,1 +1,2 @@\n int a;\n+int b;\n");
  ProcessResult old = run({"check", "--diff", "old.diff", "a.c", "--"});
  EXPECT_NE(old.err.find("old.diff: line 5: does not fit a.c:2"), std::string::npos) << old.err;
  writeFile(file("fits.diff"),
            "--- a/a.c\n+++ b/a.c\n@@ -0,0 +1,2 @@\n+int a;\n+int main(void) { return a; }\n");
  ProcessResult fits = run({"check", "--diff", "fits.diff", "a.c", "--"});
  EXPECT_EQ(fits.err.find("fits.diff"), std::string::npos) << fits.err;
  writeFile(file("no.diff"), "hello\n");
  expectOneLine(run({"check", "--diff", "no.diff", "a.c", "--"}), {"no.diff", "line 1", "no unified diff"});
}

TEST_F(BadInput, AFunctionWithErrorsLosesItselfOnly) {
  // Nested functions are gcc's; the rest of the unit, and flags that only gcc knows, are no trouble.
  writeFile(file("nested.c"), R"(#include <pthread.h>
static int count;
static int twice(int x) { int two(int y) { return 2 * y; } return two(x); }
static void *work(void *p) { ++count; unknown_to_all(p); return p; }
int main(void) {
  pthread_t a, b; int *q = 5;
  pthread_create(&a, 0, work, q); pthread_create(&b, 0, work, 0);
  pthread_join(a, 0); pthread_join(b, 0);
  return twice(1);
})");
  ProcessResult result = run({"check", "-o", "r.json", "nested.c", "--", "-fipa-pta", "-fconserve-stack"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_EQ(rulesOf(file("r.json")), std::vector<std::string>{"data-race"});
  EXPECT_NE(result.err.find("nested.c: line 3: "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("(1 function is left out)"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("flag -fipa-pta is not known to Clang and was left out (1 unit)"),
            std::string::npos);
}

TEST_F(BadInput, FileThatIsNotThere) { expectOneLine(run({"check", "absent.c", "--"}), {"absent.c"}); }

TEST_F(BadInput, UnitThatDoesNotParse) {
  writeFile(file("bad.c"), "#include \"no_such_header.h\"\nnothing here is C(\n");
  ProcessResult alone = run({"check", "-o", "r.json", "bad.c", "--"});
  EXPECT_EQ(alone.code, 2) << alone.ending() << alone.err;
  EXPECT_NE(alone.err.find("bad.c"), std::string::npos) << alone.err;
  EXPECT_EQ(std::count(alone.err.begin(), alone.err.end(), '\n'), 1) << alone.err;
}

TEST_F(BadInput, OtherUnitsGoOnWhereOneDoesNotParse) {
  writeFile(file("bad.c"), "#include \"no_such_header.h\"\nint f(void) { return }\n");
  writeFile(file("good.c"), kRacy);
  writeFile(file("build/compile_commands.json"),
            "[{\"directory\": \"" + folder_.string() +
                "\", \"file\": \"bad.c\", \"command\": \"cc -c bad.c\"},"
                " {\"directory\": \"" +
                folder_.string() + "\", \"file\": \"good.c\", \"command\": \"cc -c good.c\"}]");
  ProcessResult result = run({"check", "-p", "build", "--root", ".", "-o", "r.json"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_EQ(rulesOf(file("r.json")), std::vector<std::string>{"data-race"});
  Result<nlohmann::json> report = support::loadReport(file("r.json"));
  ASSERT_TRUE(report);
  ASSERT_EQ((*report)["runs"][0]["failedUnits"].size(), 1u);
  EXPECT_EQ((*report)["runs"][0]["failedUnits"][0]["file"], "bad.c");
}

TEST_F(BadInput, ReportsThatAreNone) {
  writeFile(file("empty.json"), "");
  writeFile(file("cut.json"), "{\"schema\": \"gridlock-report/1\", \"tool\": {");
  writeFile(file("foreign.json"), "{\"schema\": \"other-tool/7\", \"results\": []}");
  writeFile(file("later.json"), "{\"schema\": \"gridlock-report/99\"}");
  writeFile(file("types.json"), "{\"schema\": \"gridlock-report/1\", \"tool\": 3, \"findings\": \"no\"}");
  std::string noise(5000, '\0');
  std::mt19937 random(7);
  for (char& c : noise) c = static_cast<char>(random());
  writeFile(file("noise.json"), noise);
  for (const char* name :
       {"empty.json", "cut.json", "foreign.json", "later.json", "types.json", "noise.json"})
    expectOneLine(run({"report", "-o", "out.json", name}), {name});
  expectOneLine(run({"report", "-o", "out.json", "absent.json"}), {"absent.json"});
  EXPECT_FALSE(fs::exists(file("out.json")));
}

TEST_F(BadInput, RecordsThatAreDamaged) {
  fs::path good = record();
  ASSERT_FALSE(good.empty()) << "the shim left no record";
  std::string bytes = readFile(good);
  ProcessResult whole = run({"report", "-o", "whole.json", good});
  EXPECT_EQ(whole.code, 0) << whole.err;
  for (std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{17}, std::size_t{100}, std::size_t{4000}}) {
    writeFile(file("cut.glr"), bytes.substr(0, std::min(length, bytes.size())));
    ProcessResult result = run({"report", "-o", "cut.json", file("cut.glr")});
    EXPECT_TRUE(result.code == 0 || result.code == 2) << length << ": " << result.ending() << result.err;
    if (result.code == 2) expectOneLine(result, {"cut.glr"});
  }
  // Foreign version: the bytes after the magic are whatever they are; flip them all, one at a time.
  for (std::size_t at = 0; at < 64; ++at) {
    std::string other = bytes.substr(0, std::min<std::size_t>(bytes.size(), 1 << 20));
    other[at] = static_cast<char>(~other[at]);
    writeFile(file("flipped.glr"), other);
    ProcessResult result = run({"report", "--quiet", "-o", "flipped.json", file("flipped.glr")});
    EXPECT_TRUE(result.code >= 0 && result.code <= 2) << at << ": " << result.ending() << result.err;
  }
}

TEST_F(BadInput, FactsThatAreDamaged) {
  writeFile(file("a.c"), kLocks);
  ASSERT_EQ(run({"facts", "a.c", "-o", "a.glf", "--"}).code, 0);
  std::string bytes = readFile(file("a.glf"));
  ASSERT_GT(bytes.size(), 100u);
  EXPECT_EQ(run({"check", "a.glf"}).code, 0);
  writeFile(file("cut.glf"), bytes.substr(0, bytes.size() / 2));
  expectOneLine(run({"check", "cut.glf"}), {"cut.glf"});
  std::string noise = bytes.substr(0, 8) + std::string(3000, 'x');
  writeFile(file("noise.glf"), noise);
  expectOneLine(run({"check", "noise.glf"}), {"noise.glf"});
  writeFile(file("empty.glf"), "");
  expectOneLine(run({"check", "empty.glf"}), {"empty.glf"});
}

TEST_F(BadInput, Suppressions) {
  expectOneLine(run({"run", "--suppressions", "absent.txt", "--", "/bin/true"}), {"absent.txt"});
  writeFile(file("bad.txt"), "# fine\nlock-order-cycle:*\n!!! what is this\n");
  expectOneLine(run({"run", "--suppressions", "bad.txt", "--", "/bin/true"}), {"bad.txt", "line 3"});
  fs::create_directories(file("folder.txt"));
  expectOneLine(run({"run", "--suppressions", "folder.txt", "--", "/bin/true"}), {"folder.txt"});
  expectOneLine(run({"run", "--baseline", "absent.json", "--", "/bin/true"}), {"absent.json"});
}

TEST_F(BadInput, ProgramThatIsNotThere) {
  expectOneLine(run({"run", "--", "/no/such/program"}), {"/no/such/program"});
  expectOneLine(run({"run", "--", "no-such-program-in-path"}), {"no-such-program-in-path"});
  writeFile(file("text"), "not a program\n");
  expectOneLine(run({"run", "--", "./text"}), {"text"});
  expectOneLine(run({"run", "--", folder_}), {folder_.filename()});
  EXPECT_FALSE(fs::exists(file("gridlock-report.json")));
}

TEST_F(BadInput, StaticProgramIsRunAndListed) {
  fs::path binary = program("static_locks", kLocks, {"-static"});
  ASSERT_FALSE(binary.empty());
  ProcessResult result = run({"run", "-o", "r.json", "--", binary});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("static"), std::string::npos) << result.err;
  Result<nlohmann::json> report = support::loadReport(file("r.json"));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_FALSE((*report)["runs"].empty());
  EXPECT_EQ((*report)["runs"][0].value("complete", true), false);
}

TEST_F(BadInput, SetuidProgramIsRunAndListed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a setuid program of somebody else";
  fs::path binary = file("setuid_locks");
  fs::copy_file(program("locks", kLocks), binary);
  ASSERT_EQ(chown(binary.c_str(), 65534, 65534), 0);
  ASSERT_EQ(chmod(binary.c_str(), 04755), 0);
  ProcessResult result = run({"run", "-o", "r.json", "--", binary});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("setuid"), std::string::npos) << result.err;
}

TEST_F(BadInput, ReportThatCannotBeWritten) {
  fs::path locks = program("locks", kLocks);
  run({"run", "-o", "r.json", "--", locks});
  expectOneLine(run({"report", "-o", "no/such/folder/r.json", "r.json"}), {"no/such/folder"});
  expectOneLine(run({"report", "-o", "/dev/full", "r.json"}), {"/dev/full"});
  fs::create_directories(file("taken.json"));
  expectOneLine(run({"report", "-o", "taken.json", "r.json"}), {"taken.json"});
}

TEST_F(BadInput, NothingHalfWrittenWhenTheDiskIsFull) {
  run({"run", "-o", "r.json", "--", program("locks", kLocks)});
  writeFile(file("out.json"), "old");
  ProcessResult result = run({"report", "-o", "out.json", "r.json"}, {.in_child = [] {
                               rlimit limit{100, 100};
                               setrlimit(RLIMIT_FSIZE, &limit);
                               signal(SIGXFSZ, SIG_IGN);
                             }});
  EXPECT_EQ(result.code, 2) << result.ending() << result.err;
  EXPECT_EQ(readFile(file("out.json")), "old");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    EXPECT_TRUE(entry.path().filename() == "out.json" || entry.path().filename() == "r.json") << entry.path();
}

TEST_F(BadInput, FullTmpfsForTheRecords) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a small tmpfs";
  fs::create_directories(file("small"));
  fs::path locks = program("locks", kLocks);
  // In a mount namespace of its own, so that nothing is left behind whatever happens.
  std::string script =
      "mount -t tmpfs -o size=64k none small && head -c 65536 /dev/zero > small/fill; TMPDIR=$PWD/small " +
      gridlockCommand().string() + " run -o r.json -- " + locks.string();
  ProcessResult result = support::runProcess({"unshare", "-m", "sh", "-c", script}, {.directory = folder_});
  if (result.err.find("unshare") != std::string::npos) GTEST_SKIP() << result.err;
  // The program goes on as without the shim, or we say that we cannot: never a crash of either.
  EXPECT_TRUE(result.code == 0 || result.code == 2) << result.ending() << result.err;
  EXPECT_NE(result.err.find("gridlock"), std::string::npos) << "it must be said: " << result.err;
}

TEST_F(BadInput, RecordLimitOfTheProgramIsRespected) {
  ProcessResult result = run(
      {"run", "-o", "r.json", "--", "sh", "-c", "ulimit -f 1; exec " + program("locks", kLocks).string()});
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
}

}  // namespace
}  // namespace gridlock::e2e
