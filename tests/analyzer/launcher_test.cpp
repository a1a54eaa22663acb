// The launcher with small programs: how they end, what can be covered, what stays behind.
#include "analyzer/observe/launcher.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

LaunchOptions shell(const std::string& script) {
  LaunchOptions options;
  options.command = {"/bin/sh", "-c", script};
  options.shim = fs::path(GRIDLOCK_BINARY_DIR) / "lib" / "libgridlock_rt.so";
  options.timeout = std::chrono::seconds(20);
  return options;
}

struct Launched {
  LaunchOutcome outcome;
  model::Report report;
};

Launched run(const LaunchOptions& options) {
  Launched out;
  Result<ProgramProbe> probe = probeProgram(options.command[0]);
  EXPECT_TRUE(probe);
  Result<Session> session = Session::make();
  EXPECT_TRUE(session);
  Result<LaunchOutcome> outcome = launch(options, *probe, *session);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().text());
  if (!outcome) return out;
  out.outcome = *outcome;
  Result<model::Report> report = readSession(*session, options, *probe, *outcome);
  EXPECT_TRUE(report);
  out.report = std::move(*report);
  return out;
}

TEST(Launcher, givesTheProgramsOwnEnd) {
  EXPECT_EQ(run(shell("exit 0")).outcome.exit_code, 0);
  EXPECT_EQ(run(shell("exit 3")).outcome.exit_code, 3);
  const Launched killed = run(shell("kill -KILL $$"));
  EXPECT_EQ(killed.outcome.signal, SIGKILL);
  EXPECT_EQ(killed.outcome.ended_by, EndedBy::Itself);
}

TEST(Launcher, aProgramThatNeverLocksStillIsARun) {
  const Launched launched = run(shell("exit 4"));
  ASSERT_EQ(launched.report.runs.size(), 1u);
  const model::Run& run = launched.report.runs[0];
  EXPECT_EQ(run.command, (std::vector<std::string>{"/bin/sh", "-c", "exit 4"}));
  EXPECT_EQ(run.pid, launched.outcome.pid);
  ASSERT_TRUE(run.exit);
  EXPECT_EQ(run.exit->code, 4);
}

TEST(Launcher, endsTheProgramAndItsChildrenAtTheTimeout) {
  LaunchOptions options = shell("sleep 60 & sleep 60");
  options.timeout = std::chrono::milliseconds(300);
  const Launched launched = run(options);
  EXPECT_EQ(launched.outcome.ended_by, EndedBy::Timeout);
  EXPECT_LT(launched.outcome.seconds, 10);
  ASSERT_EQ(launched.report.runs.size(), 1u);
  EXPECT_TRUE(launched.report.runs[0].exit->hung);
}

TEST(Launcher, theProgramGetsItsSignalsAndItsOwnMask) {
  // The launcher blocks signals for itself; the program must not inherit that.
  const Launched launched = run(shell("trap 'exit 7' TERM; kill -TERM $$; exit 1"));
  EXPECT_EQ(launched.outcome.exit_code, 7);
}

TEST(Launcher, tellsTheProgramWhereItsSessionIsAndKeepsOtherPreloads) {
  setenv("LD_PRELOAD", "libc.so.6", 1);
  const Launched launched =
      run(shell("test -d \"$GRIDLOCK_SESSION\" && case \"$LD_PRELOAD\" in */libgridlock_rt.so:libc.so.6) "
                "exit 5;; esac"));
  unsetenv("LD_PRELOAD");
  EXPECT_EQ(launched.outcome.exit_code, 5);
}

TEST(Launcher, removesTheSessionUnlessItIsKept) {
  fs::path folder;
  {
    Result<Session> session = Session::make();
    ASSERT_TRUE(session);
    folder = session->folder();
    std::ofstream(folder / "x") << "x";
    EXPECT_TRUE(fs::is_directory(folder));
  }
  EXPECT_FALSE(fs::exists(folder));
  {
    Result<Session> session = Session::make();
    folder = session->keep();
  }
  EXPECT_TRUE(fs::is_directory(folder));
  fs::remove_all(folder);
}

TEST(Launcher, aSessionNeedsAFolderThatCanBeWritten) {
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before ? before : "";
  setenv("TMPDIR", "/nowhere/at/all", 1);
  Result<Session> session = Session::make();
  before ? setenv("TMPDIR", saved.c_str(), 1) : unsetenv("TMPDIR");
  ASSERT_FALSE(session);
  EXPECT_NE(session.error().text().find("/nowhere/at/all"), std::string::npos);
}

TEST(ProgramProbe, saysWhatIsNotThere) {
  EXPECT_EQ(probeProgram("/nowhere/app").error().text(), "/nowhere/app: there is no such program");
  EXPECT_EQ(probeProgram("no-such-program-anywhere").error().text(),
            "no-such-program-anywhere: there is no such program on the PATH");
  EXPECT_FALSE(probeProgram("/etc"));
  EXPECT_FALSE(probeProgram("/etc/passwd"));
}

TEST(ProgramProbe, findsProgramsOnThePath) {
  Result<ProgramProbe> probe = probeProgram("sh");
  ASSERT_TRUE(probe);
  EXPECT_TRUE(probe->path.is_absolute());
  EXPECT_TRUE(probe->coverable);
}

// An ELF file made by hand: only its headers are looked at.
fs::path makeProgram(unsigned char elf_class, unsigned short machine) {
  const fs::path file = fs::temp_directory_path() / ("gridlock-probe-" + std::to_string(getpid()));
  unsigned char header[64] = {0x7f, 'E', 'L', 'F', elf_class, 1, 1};
  header[16] = 2;  // ET_EXEC
  header[18] = static_cast<unsigned char>(machine & 0xff);
  header[19] = static_cast<unsigned char>(machine >> 8);
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(header), sizeof header);
  fs::permissions(file, fs::perms::owner_all);
  return file;
}

TEST(ProgramProbe, knowsWhatTheShimDoesNotReach) {
#if defined(__x86_64__)
  constexpr unsigned short kThisMachine = 62;
#else
  constexpr unsigned short kThisMachine = 183;
#endif
  fs::path file = makeProgram(2, kThisMachine);  // no interpreter: static
  Result<ProgramProbe> probe = probeProgram(file.string());
  ASSERT_TRUE(probe);
  EXPECT_FALSE(probe->coverable);
  EXPECT_NE(probe->why_not.find("statically linked"), std::string::npos);
  file = makeProgram(1, 3);  // 32-bit
  probe = probeProgram(file.string());
  ASSERT_TRUE(probe);
  EXPECT_FALSE(probe->coverable);
  EXPECT_NE(probe->why_not.find("another machine"), std::string::npos);
  std::ofstream(file, std::ios::trunc) << "#!" << file.string() << "\n";  // a script that runs itself
  probe = probeProgram(file.string());
  EXPECT_TRUE(probe);
  fs::remove(file);
}

TEST(ProgramProbe, readsNeededLibraries) {
  const auto needed = neededLibraries(fs::read_symlink("/proc/self/exe"));
  bool libc = false;
  for (const std::string& name : needed) libc = libc || name.rfind("libc.so", 0) == 0;
  EXPECT_TRUE(libc);
  EXPECT_TRUE(neededLibraries("/etc/passwd").empty());
}

}  // namespace
}  // namespace gridlock::observe
