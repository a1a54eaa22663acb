// A program that carries the shim and is started directly: GRIDLOCK_OPTIONS, the report at exit, the deadlock
// that ends it. The same program without the shim must behave alike in everything else.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// Both orders; with "hang" at once, so that it is stuck; else the first argument is the exit code.
const char kProgram[] = R"(
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/invisible_barrier.h"
static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER, blue = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);
static invisible_step step = INVISIBLE_STEP_INIT;
static int hang;
static void *first(void *p) {
  pthread_mutex_lock(&red);
  if (hang) invisible_barrier_wait(&both);
  pthread_mutex_lock(&blue);
  pthread_mutex_unlock(&blue); pthread_mutex_unlock(&red);
  invisible_step_advance(&step); invisible_step_await(&step, 2);
  return p;
}
static void *second(void *p) {
  if (!hang) invisible_step_await(&step, 1);
  pthread_mutex_lock(&blue);
  if (hang) invisible_barrier_wait(&both);
  pthread_mutex_lock(&red);
  pthread_mutex_unlock(&red); pthread_mutex_unlock(&blue);
  invisible_step_advance(&step);
  return p;
}
int main(int argc, char **argv) {
  hang = argc > 1 && !strcmp(argv[1], "hang");
  puts("hello");
  pthread_t a, b;
  pthread_create(&a, 0, first, 0); pthread_create(&b, 0, second, 0);
  pthread_join(a, 0); pthread_join(b, 0);
  return argc > 1 ? atoi(argv[1]) : 0;
})";

class Linked : public InFolder {
 protected:
  Linked() : InFolder("linked") {}

  ProcessResult start(const std::string& options, const std::string& argument = "0") {
    fs::path library = shim().parent_path();
    fs::path binary = program(
        "linked", kProgram,
        {"-Wl,--no-as-needed", "-L" + library.string(), "-lgridlock_rt", "-Wl,-rpath," + library.string()});
    return support::runProcess(
        {binary, argument},
        {.directory = folder_,
         .environment = {{"GRIDLOCK_OPTIONS", options},
                         {"GRIDLOCK_COMMAND", gridlockCommand()},
                         {"TMPDIR", folder_.string()}}});  // records that are kept do not pile up
  }

  // The reports that `log_path` made.
  std::vector<fs::path> reports() const {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ".json") found.push_back(entry.path());
    }
    return found;
  }
};

TEST_F(Linked, FindingsAreReportedAndLeaveTheCodeAlone) {
  ProcessResult result = start("log_path=" + (folder_ / "log").string());
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  EXPECT_EQ(result.out, "hello\n");
  ASSERT_EQ(reports().size(), 1u) << result.err;
  EXPECT_EQ(reports()[0].filename().string().rfind("log.", 0), 0u) << reports()[0];
  EXPECT_EQ(rulesOf(reports()[0]), Rules{"lock-order-cycle"});
  EXPECT_EQ(start("", "7").code, 7);
}

TEST_F(Linked, ExitcodeIsGivenWhereTheProgramSaysZero) {
  EXPECT_EQ(start("exitcode=23").code, 23);
  EXPECT_EQ(start("exitcode=23", "7").code, 7);
}

TEST_F(Linked, ADeadlockEndsTheProgramWith66) {
  ProcessResult result = start("log_path=" + (folder_ / "log").string(), "hang");
  EXPECT_EQ(result.code, 66) << result.ending() << result.err;
  EXPECT_NE(result.err.find("deadlock"), std::string::npos) << result.err;
  ASSERT_EQ(reports().size(), 1u) << result.err;
  Rules rules = rulesOf(reports()[0]);
  EXPECT_TRUE(std::count(rules.begin(), rules.end(), "deadlock")) << testing::PrintToString(rules);
}

TEST_F(Linked, ADeadlockAbortsWhereThatIsAsked) {
  ProcessResult result = start("on_deadlock=abort", "hang");
  EXPECT_EQ(result.signal, 6) << result.ending() << result.err;
}

TEST_F(Linked, MalformedOptionsAreSaidOnceAndTheProgramGoesOn) {
  for (const char* options : {"no_such_key=1", "exitcode=many", "on_deadlock=cry", "=", ":::", "exitcode"}) {
    ProcessResult result = start(std::string(options) + ":report=0");
    EXPECT_EQ(result.code, 0) << options << ": " << result.ending();
    EXPECT_EQ(result.out, "hello\n");
    if (std::string(options) != ":::") {
      EXPECT_EQ(result.err.rfind("gridlock: ", 0), 0u) << options << ": " << result.err;
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << options << ": " << result.err;
    }
  }
}

TEST_F(Linked, AnUnwritableLogPathIsSaidAndTheProgramGoesOn) {
  ProcessResult result = start("log_path=/no/such/folder/log");
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  EXPECT_NE(result.err.find("/no/such/folder"), std::string::npos) << result.err;
}

TEST_F(Linked, UnderRunItJoinsTheSession) {
  start("");  // builds it
  fs::path library = shim().parent_path();
  fs::path binary = program(
      "linked", kProgram,
      {"-Wl,--no-as-needed", "-L" + library.string(), "-lgridlock_rt", "-Wl,-rpath," + library.string()});
  ProcessResult result = gridlock({"run", "-o", "r.json", "--", binary}, {.directory = folder_});
  EXPECT_EQ(result.code, 66) << result.err;
  EXPECT_EQ(rulesOf(folder_ / "r.json"), Rules{"lock-order-cycle"});
}

}  // namespace
}  // namespace gridlock::e2e
