// Programs that start programs: the environment suits the one that is started, and the report lists those
// that could not be covered.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

const char kStarts[] = R"(
#define _GNU_SOURCE
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
int main(int argc, char **argv) {
  (void)argc;
  const char *how = argv[1];
  char *arguments[] = {"echo", "one", "two", 0};
  char *variables[] = {"ONLY=this", 0};
  pthread_mutex_lock(&mutex); pthread_mutex_unlock(&mutex);
  if (!strcmp(how, "execl")) execl("/bin/echo", "echo", "one", "two", (char *)0);
  if (!strcmp(how, "execlp")) execlp("echo", "echo", "one", "two", (char *)0);
  if (!strcmp(how, "execle")) execle("/usr/bin/env", "env", (char *)0, variables);
  if (!strcmp(how, "execv")) execv("/bin/echo", arguments);
  if (!strcmp(how, "execvp")) execvp("echo", arguments);
  if (!strcmp(how, "execve")) execve("/bin/echo", arguments, environ);
  if (!strcmp(how, "execvpe")) execvpe("env", (char *[]){"env", 0}, variables);
  if (!strcmp(how, "nothing")) { execlp("no-such-program", "x", (char *)0); perror("exec"); return 9; }
  pid_t pid = 0;
  int status = 1;
  if (!strcmp(how, "spawn")) { posix_spawn(&pid, "/bin/echo", 0, 0, arguments, environ); waitpid(pid, &status, 0); }
  if (!strcmp(how, "spawnp")) { posix_spawnp(&pid, "echo", 0, 0, arguments, environ); waitpid(pid, &status, 0); }
  if (!strcmp(how, "vfork")) {
    pid = vfork();
    if (pid == 0) { execlp("echo", "echo", "child", (char *)0); _exit(1); }
    waitpid(pid, &status, 0);
    pthread_mutex_lock(&mutex); pthread_mutex_unlock(&mutex);
  }
  return status;
})";

class Starts : public testing::TestWithParam<const char*> {};

TEST_P(Starts, AsWithoutTheShim) {
  const fs::path binary = program("starts", kStarts);
  const fs::path folder = support::scratchFolder(std::string("exec/") + GetParam());
  const ProcessResult bare = support::runProcess({binary, GetParam()}, {.directory = folder});
  const ProcessResult watched = gridlock({"run", "--quiet", "--", binary, GetParam()}, {.directory = folder});
  EXPECT_EQ(watched.code, bare.code) << watched.err;
  EXPECT_EQ(watched.out, bare.out);
  EXPECT_EQ(watched.err, bare.err);
}

INSTANTIATE_TEST_SUITE_P(All, Starts,
                         testing::Values("execl", "execlp", "execle", "execv", "execvp", "execve", "execvpe",
                                         "nothing", "spawn", "spawnp", "vfork"),
                         [](const auto& one) { return std::string(one.param); });

std::vector<std::string> notesOf(const fs::path& report) {
  std::vector<std::string> notes;
  const Result<nlohmann::json> json = support::loadReport(report);
  if (!json) {
    ADD_FAILURE() << json.error().text();
    return notes;
  }
  for (const nlohmann::json& run : (*json)["runs"]) {
    for (const nlohmann::json& note : run.value("notes", nlohmann::json::array())) notes.push_back(note);
  }
  return notes;
}

bool anyHas(const std::vector<std::string>& notes, const std::string& text) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

TEST(Exec, AProgramWithAddressSanitizerRunsAsAChild) {
  const fs::path binary =
      program("with_asan", "#include <stdio.h>\nint main(void) { puts(\"fine\"); return 0; }",
              {"-fsanitize=address"});
  if (binary.empty()) GTEST_SKIP() << "no libasan here";
  const ProcessResult result =
      gridlock({"run", "--quiet", "--", "sh", "-c", binary.string() + "; /bin/echo after"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "fine\nafter\n");
  EXPECT_EQ(result.err, "");
}

TEST(Exec, StaticProgramsAndCleanedEnvironmentsAreListed) {
  const fs::path binary = program("without_loader", "int main(void) { return 0; }", {"-static"});
  const fs::path folder = support::scratchFolder("exec/listed");
  const ProcessResult result = gridlock(
      {"run", "--quiet", "-o", "r.json", "--", "sh", "-c", binary.string() + "; env -i /bin/echo clean"},
      {.directory = folder});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "clean\n");
  const std::vector<std::string> notes = notesOf(folder / "r.json");
  EXPECT_TRUE(anyHas(notes, "without_loader")) << testing::PrintToString(notes);
  EXPECT_TRUE(anyHas(notes, "statically linked")) << testing::PrintToString(notes);
  EXPECT_TRUE(anyHas(notes, "/bin/echo was started with an environment")) << testing::PrintToString(notes);
}

// Made without headers or start files: few machines have those of the other word size.
TEST(Exec, A32BitChildPrintsNothingOfItsLoader) {
  const fs::path folder = support::scratchFolder("exec/small");
  writeFile(folder / "small.c",
            "int puts(const char *); void exit(int);\n"
            "void _start(void) { __asm__(\"and $-16, %esp\"); puts(\"small\"); exit(0); }\n");
  const ProcessResult built = support::runShell(
      "gcc -m32 -O1 -nostdlib -fno-pie -no-pie -Wl,-dynamic-linker,/lib/ld-linux.so.2 small.c "
      "/usr/lib32/libc.so.6 -o small && ./small",
      {.directory = folder});
  if (built.code != 0 || built.out != "small\n") GTEST_SKIP() << "no 32-bit programs here";
  const ProcessResult result = gridlock(
      {"run", "--quiet", "-o", "r.json", "--", "sh", "-c", "./small; ./small"}, {.directory = folder});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "small\nsmall\n");
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(anyHas(notesOf(folder / "r.json"), "./small is built for another word size"));
}

}  // namespace
}  // namespace gridlock::e2e
