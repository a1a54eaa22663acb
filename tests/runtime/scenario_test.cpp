// Each scenario runs bare and under the shim: nothing that it can see may differ. Then its record is read:
// it must be whole, and say what happened. Every run has a deadline.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "gridlock/wait_graph.h"

namespace gridlock::test {
namespace {

using namespace record;
namespace fs = std::filesystem;

struct Outcome {
  int status = 0;  // exit code, or 128 + signal; -1 after the deadline
  std::string output;
  std::string errors;
};

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A mapped record.
class File {
 public:
  explicit File(const fs::path& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about{};
    if (fd < 0 || fstat(fd, &about) != 0) return;
    size_ = static_cast<std::size_t>(about.st_size);
    memory_ = mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    error_ = RecordView::open(memory_, size_, view_);
  }
  ~File() { munmap(memory_, size_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  ViewError error() const { return error_; }
  const RecordView& view() const { return view_; }

  int events(EventKind kind) const {
    int count = 0;
    for (Index i = 1; i < view_.end(Table::kEvents); ++i) {
      const EventRow& row = *view_.event(i);
      count += row.state == 1 && row.kind == static_cast<std::uint16_t>(kind);
    }
    return count;
  }

  // The distinct requests made while holding others, as the locks held and the one asked for.
  std::set<std::vector<Index>> orders() const {
    std::set<std::vector<Index>> out;
    for (Index i = 1; i < view_.end(Table::kRequests); ++i) {
      const RequestRow& row = *view_.request(i);
      if (row.state == 0) continue;
      std::vector<Index> order{row.lock};
      for (Index c = row.chain; c != kNone; c = view_.chain(c)->parent) order.push_back(view_.chain(c)->lock);
      out.insert(order);
    }
    return out;
  }
  std::uint64_t addressOf(Index lock) const { return view_.lock(lock)->address; }
  std::uint64_t acquisitions() const {
    std::uint64_t sum = 0;
    for (Index i = 1; i < view_.end(Table::kSections); ++i) sum += view_.section(i)->count;
    return sum;
  }

  // Every valid row's references lead to valid rows.
  void check() const {
    ASSERT_EQ(error_, ViewError::kOk);
    for (Index i = 1; i < view_.end(Table::kRequests); ++i) {
      const RequestRow& row = *view_.request(i);
      if (row.state == 0) continue;
      ASSERT_NE(view_.chain(row.chain), nullptr) << "request " << i;
      EXPECT_EQ(view_.chain(row.chain)->state, 1u);
      ASSERT_NE(view_.lock(row.lock), nullptr);
      EXPECT_NE(view_.lock(row.lock)->state, 0u);
      ASSERT_NE(view_.thread(row.thread), nullptr);
      ASSERT_NE(view_.frame(row.stack), nullptr);
      EXPECT_NE(view_.frame(row.stack)->pc, 0u);
    }
    for (Index i = 1; i < view_.end(Table::kChains); ++i) {
      const ChainRow& row = *view_.chain(i);
      if (row.state == 0) continue;
      EXPECT_LT(row.parent, i);
      ASSERT_NE(view_.lock(row.lock), nullptr);
    }
    for (Index i = 1; i < view_.end(Table::kSections); ++i) {
      const SectionRow& row = *view_.section(i);
      if (row.state == 0) continue;
      EXPECT_NE(row.site, 0u);
      EXPECT_LE(row.sampled, row.count);
    }
  }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  RecordView view_;
  ViewError error_ = ViewError::kTooShort;
};

class Scenario : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "gridlock-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path session() const { return folder_ / "session"; }

  pid_t start(const std::string& name, bool shim, const std::string& options = "") {
    const pid_t child = fork();
    if (child != 0) return child;
    const int out = open((folder_ / "out").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int err = open((folder_ / "err").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(out, 1);
    dup2(err, 2);
    setpgid(0, 0);
    if (shim) {
      setenv("LD_PRELOAD", GRIDLOCK_SHIM, 1);
      setenv("GRIDLOCK_SESSION", session().c_str(), 1);
      setenv("GRIDLOCK_OPTIONS", options.c_str(), 1);
    }
    execl(GRIDLOCK_SCENARIOS, GRIDLOCK_SCENARIOS, name.c_str(), nullptr);
    _exit(99);
  }

  Outcome finish(pid_t child, std::chrono::milliseconds deadline) {
    Outcome outcome;
    const auto end = std::chrono::steady_clock::now() + deadline;
    int status = 0;
    pid_t waited = 0;
    while ((waited = waitpid(child, &status, WNOHANG)) == 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (waited == 0) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      outcome.status = -1;
    } else {
      outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    outcome.output = slurp(folder_ / "out");
    outcome.errors = slurp(folder_ / "err");
    return outcome;
  }

  Outcome run(const std::string& name, bool shim, const std::string& options = "") {
    return finish(start(name, shim, options), std::chrono::seconds(30));
  }

  std::vector<fs::path> records() const {
    std::vector<fs::path> out;
    if (fs::exists(session())) {
      for (const auto& entry : fs::directory_iterator(session())) out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  fs::path folder_;
};

class Transparent : public Scenario, public testing::WithParamInterface<const char*> {};

TEST_P(Transparent, SeesNoDifference) {
  const Outcome bare = run(GetParam(), false);
  ASSERT_NE(bare.status, -1);
  const Outcome watched = run(GetParam(), true);
  EXPECT_EQ(watched.status, bare.status);
  EXPECT_EQ(watched.output, bare.output);
  EXPECT_EQ(watched.errors, "");
  ASSERT_FALSE(records().empty());
  for (const fs::path& path : records()) {
    const File file(path);
    file.check();
    EXPECT_EQ(file.events(EventKind::kDeadlock) + file.events(EventKind::kSelfDeadlock), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Transparent,
                         testing::Values("return-values", "owner-died", "cancelled-wait", "exceptions-pass",
                                         "locks-in-handlers", "many-keys", "main-exits", "deep-nesting",
                                         "many-threads", "many-hands", "changing-chains", "fork-holding",
                                         "shared-between-processes", "reused-addresses", "exec-again"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

struct Hang {
  const char* name;
  EventKind kind;
  int rows;
};

class Deadlocks : public Scenario, public testing::WithParamInterface<Hang> {};

TEST_P(Deadlocks, AreToldAtOnceAndTheProgramEnds) {
  const Hang& hang = GetParam();
  const auto begin = std::chrono::steady_clock::now();
  // Without a launcher: the shim's own watcher looks, too. The scenario has no report to write.
  const pid_t child = start(hang.name, true, "report=0");
  const Outcome outcome = finish(child, std::chrono::seconds(20));
  EXPECT_EQ(outcome.status, 66) << outcome.errors;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_NE(outcome.errors.find("deadlock: "), std::string::npos) << outcome.errors;
  ASSERT_EQ(records().size(), 1u);
  const File file(records()[0]);
  file.check();
  EXPECT_EQ(file.events(hang.kind), hang.rows);
  EXPECT_GE(file.view().header().deadlock_groups, 1u);
  EXPECT_EQ(file.view().header().life, static_cast<std::uint32_t>(LifeCycle::kEndedByShim));
  EXPECT_EQ(file.view().header().exit_code, 66);
}

INSTANTIATE_TEST_SUITE_P(
    Locks, Deadlocks,
    testing::Values(Hang{"ring-2", EventKind::kDeadlock, 2}, Hang{"ring-3", EventKind::kDeadlock, 3},
                    Hang{"ring-25", EventKind::kDeadlock, 25}, Hang{"relock", EventKind::kSelfDeadlock, 1},
                    Hang{"upgrade", EventKind::kSelfDeadlock, 1},
                    Hang{"join-under-lock", EventKind::kDeadlock, 2},
                    Hang{"spin-ring", EventKind::kDeadlock, 2}, Hang{"abandoned", EventKind::kDeadlock, 1},
                    Hang{"static-guard-ring", EventKind::kDeadlock, 2}),
    [](const auto& param_info) {
      std::string name = param_info.param.name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// Waits that anybody could end are looked at by the watcher of a program that was started directly.
class Knots : public Scenario, public testing::WithParamInterface<const char*> {};

TEST_P(Knots, AreToldByTheWatcher) {
  setenv("TMPDIR", folder_.c_str(), 1);
  const pid_t child = fork();
  if (child == 0) {
    const int err = open((folder_ / "err").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(err, 2);
    setpgid(0, 0);
    unsetenv("GRIDLOCK_SESSION");
    setenv("LD_PRELOAD", GRIDLOCK_SHIM, 1);
    setenv("GRIDLOCK_OPTIONS", "report=0", 1);
    execl(GRIDLOCK_SCENARIOS, GRIDLOCK_SCENARIOS, GetParam(), nullptr);
    _exit(99);
  }
  const Outcome outcome = finish(child, std::chrono::seconds(20));
  unsetenv("TMPDIR");
  EXPECT_EQ(outcome.status, 66) << outcome.errors;
  EXPECT_NE(outcome.errors.find("nobody is left"), std::string::npos) << outcome.errors;
}

INSTANTIATE_TEST_SUITE_P(All, Knots, testing::Values("nobody-signals", "empty-semaphore"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(Scenario, OnDeadlockReportLetsTheProgramHang) {
  const pid_t child = start("ring-2", true, "on_deadlock=report");
  const Outcome outcome = finish(child, std::chrono::seconds(1));
  EXPECT_EQ(outcome.status, -1);
  EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1) << outcome.errors;
  ASSERT_EQ(records().size(), 1u);
  const File file(records()[0]);
  EXPECT_EQ(file.events(EventKind::kDeadlock), 2);
  EXPECT_EQ(file.view().header().life, static_cast<std::uint32_t>(LifeCycle::kRunning));
}

TEST_F(Scenario, OnDeadlockAbortAborts) {
  EXPECT_EQ(run("relock", true, "on_deadlock=abort").status, 128 + SIGABRT);
}

// What repeats costs nothing; what is new among it must not be taken for a repetition.
TEST_F(Scenario, EachNewChainAmongRepetitionsIsRecorded) {
  ASSERT_EQ(run("changing-chains", true).output, "done\n");
  ASSERT_EQ(records().size(), 1u);
  const File file(records()[0]);
  file.check();
  EXPECT_EQ(file.orders().size(), 7u);  // 0→1 3→1 0→4, and each of the four triples
  EXPECT_GE(file.acquisitions(), 3u * 4 * 3000 * 3 - 64);
}

TEST_F(Scenario, EachOrderIsThatOfItsOwnLocks) {
  ASSERT_EQ(run("ordered-pairs", true).output, "done\n");
  ASSERT_EQ(records().size(), 1u);
  const File file(records()[0]);
  EXPECT_GT(file.orders().size(), 1000u);
  for (const std::vector<Index>& order : file.orders()) {
    ASSERT_EQ(order.size(), 2u);
    EXPECT_GT(file.addressOf(order[0]), file.addressOf(order[1]));
  }
}

TEST_F(Scenario, AChildThatTakesALockOfAnotherThreadOfItsParent) {
  const Outcome outcome = run("child-takes-lock-of-another", true);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("child 66"), std::string::npos) << outcome.output;
  ASSERT_EQ(records().size(), 2u);
  int seen = 0;
  for (const fs::path& path : records()) seen += File(path).events(EventKind::kForkWhileLocked);
  EXPECT_EQ(seen, 1);
}

TEST_F(Scenario, WrongUsesAreEvents) {
  const Outcome outcome = run("misuse", true);
  EXPECT_EQ(outcome.status, 0);
  ASSERT_EQ(records().size(), 1u);
  const File file(records()[0]);
  file.check();
  EXPECT_EQ(file.events(EventKind::kUnlockNotHeld), 1);
  EXPECT_EQ(file.events(EventKind::kUnlockByOther), 1);
  EXPECT_EQ(file.events(EventKind::kNotReleased), 2)
      << "by a thread, and by main, which could not destroy it";
  EXPECT_EQ(file.events(EventKind::kDestroyHeld), 1);
  EXPECT_EQ(file.events(EventKind::kWaitWithoutMutex), 1);
}

TEST_F(Scenario, AForkedChildAndANewImageHaveRecordsOfTheirOwn) {
  run("fork-holding", true);
  ASSERT_EQ(records().size(), 2u);
  int children = 0;
  for (const fs::path& path : records()) {
    const File file(path);
    children += (file.view().header().flags & kForkedChild) != 0;
    EXPECT_EQ(file.events(EventKind::kUnlockNotHeld), 0) << "the child holds what the forking thread held";
  }
  EXPECT_EQ(children, 1);
  fs::remove_all(session());
  run("exec-again", true);
  ASSERT_EQ(records().size(), 2u);
  const File first(records()[0]);
  const File second(records()[1]);
  EXPECT_EQ(first.view().header().pid, second.view().header().pid);
  EXPECT_EQ(first.view().header().exec_count + second.view().header().exec_count, 1u);
}

TEST_F(Scenario, AKillAtAnyMomentLeavesAReadableRecord) {
  std::mt19937 random(static_cast<unsigned>(getpid()));
  // GRIDLOCK_KILLS=1000 for the long run.
  const char* wanted = std::getenv("GRIDLOCK_KILLS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 40;
  for (int round = 0; round < rounds; ++round) {
    fs::remove_all(session());
    const pid_t child = start("busy-forever", true);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    kill(child, SIGKILL);
    EXPECT_EQ(finish(child, std::chrono::seconds(10)).status, 128 + SIGKILL);
    for (const fs::path& path : records()) {
      const File file(path);
      // Killed before the header was whole, it is no record yet.
      if (file.error() == ViewError::kOk) file.check();
    }
  }
}

TEST_F(Scenario, BadOptionsCostALineEach) {
  const Outcome outcome = run("owner-died", true, "colour=red:hold_every=x:stack_depth=20:oops");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 3) << outcome.errors;
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(Scenario, WithoutAPlaceForTheRecordTheProgramRunsOn) {
  std::ofstream(session()) << "a file where the folder should be";
  const Outcome outcome = run("many-threads", true);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "count 20000\n");
  EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1) << outcome.errors;
}

}  // namespace
}  // namespace gridlock::test
