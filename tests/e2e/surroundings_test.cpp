// Bad surroundings: no place for the record, no /proc, no descriptors, no memory, no rights. The program goes
// on exactly as without the shim; at most one line says what is lost; what was recorded stays readable.
//
// File systems are made scarce in a mount namespace of one's own; where the kernel does not grant one, those
// tests are skipped, and counted as that.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

// Takes many locks, nested, in two threads; on the way it does what its argument says.
const char kProgram[] = R"(
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
enum { kLocks = 2000 };
static pthread_mutex_t locks[kLocks];
static void *work(void *p) {
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i + 1 < kLocks; ++i) {
      pthread_mutex_lock(&locks[i]); pthread_mutex_lock(&locks[i + 1]);
      pthread_mutex_unlock(&locks[i + 1]); pthread_mutex_unlock(&locks[i]);
    }
  return p;
}
static void both(void) {
  pthread_t thread;
  int made = pthread_create(&thread, 0, work, 0) == 0;
  work(0);
  if (made) pthread_join(thread, 0);
}
static pthread_mutex_t many[3][40];
static int rounds[3], spans[3] = {0, 1, 2};
static void await(int count) {
  for (int i = 0; i < 3; ++i)
    while (__atomic_load_n(&rounds[i], __ATOMIC_RELAXED) < count) sched_yield();
}
/* Ever new orders of two locks of its own, and one that all share. */
static void *ring(void *argument) {
  const int self = *(int *)argument;
  pthread_mutex_t *mine = many[self];
  static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
  for (unsigned i = 0;; ++i) {
    pthread_mutex_t *outer = &mine[i % 39], *inner = &mine[i % 39 + 1 + i / 39 % (39 - i % 39)];
    pthread_mutex_lock(outer); pthread_mutex_lock(inner); pthread_mutex_lock(&shared);
    __atomic_fetch_add(&rounds[self], 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&shared); pthread_mutex_unlock(inner); pthread_mutex_unlock(outer);
  }
  return 0;
}
static void closeForAll(void) {
  static const int allowed[] = {SYS_futex, SYS_write, SYS_exit_group, SYS_sched_yield};
  struct sock_filter filter[16] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}};
  unsigned short n = 1, count = sizeof allowed / sizeof *allowed;
  for (unsigned short i = 0; i < count; ++i, ++n)
    filter[n] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, (unsigned char)(count - i), 0, allowed[i]};
  filter[n++] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS};
  filter[n++] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  struct sock_fprog program = {n, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
    _exit(6);
}
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER, deep[4][64];
/* Waits with as many locks in its hands as there is room for: the next one needs more. */
static void *waits(void *argument) {
  const int self = *(int *)argument;
  for (int i = 0; i < (self % 2 + 1) * 31; ++i) pthread_mutex_lock(&deep[self][i]);
  __atomic_fetch_add(&rounds[0], 1, __ATOMIC_RELAXED);
  pthread_mutex_lock(&door);
  __atomic_fetch_add(&rounds[1], 1, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&door);
  for (;;) sched_yield();
  return 0;
}
int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  for (int i = 0; i < kLocks; ++i) pthread_mutex_init(&locks[i], 0);
  pthread_mutex_lock(&locks[0]); pthread_mutex_unlock(&locks[0]);
  if (!strcmp(what, "close")) {
    for (int fd = 3; fd < 1024; ++fd) close(fd);
    for (int i = 0; i < 20; ++i) printf("%d ", open("/dev/null", O_RDWR));
  }
  if (!strcmp(what, "stderr")) {  // a file of the program's own becomes descriptor 2
    close(2);
    if (open("data", O_CREAT | O_TRUNC | O_RDWR, 0600) != 2 || write(2, "data", 4) != 4) return 3;
  }
  if (!strcmp(what, "limit")) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  if (!strcmp(what, "chroot") && (chroot("/proc") != 0 || chdir("/") != 0)) return 4;
  if (!strcmp(what, "user") && syscall(SYS_setuid, 65534) != 0) return 5;
  if (!strcmp(what, "sandbox")) {
    struct sock_filter filter[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
        {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, SYS_madvise}, {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_process_vm_readv},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
    struct sock_fprog program = {5, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 6;
    work(0);
    puts("done");
    return 0;
  }
  if (!strcmp(what, "sandbox_of_others")) {
    /* Three threads are at it when the filter comes for all of them, and go on under it. */
    pthread_t threads[3];
    for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, ring, &spans[i]);
    await(20);
    closeForAll();
    await(1000);
    syscall(SYS_write, 1, "done\n", 5);
    syscall(SYS_exit_group, 0);
  }
  if (!strcmp(what, "sandbox_of_waiters")) {
    /* They sleep at the door when the filter comes, and wake up under it. */
    pthread_t threads[4];
    static int numbers[4] = {0, 1, 2, 3};
    pthread_mutex_lock(&door);
    for (int i = 0; i < 4; ++i) pthread_create(&threads[i], 0, waits, &numbers[i]);
    while (__atomic_load_n(&rounds[0], __ATOMIC_RELAXED) < 4) sched_yield();
    usleep(20000);
    closeForAll();
    pthread_mutex_unlock(&door);
    while (__atomic_load_n(&rounds[1], __ATOMIC_RELAXED) < 4) sched_yield();
    syscall(SYS_write, 1, "done\n", 5);
    syscall(SYS_exit_group, 0);
  }
  both();
  if (!strcmp(what, "user") || !strcmp(what, "chroot") || !strcmp(what, "fork")) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) { work(0); _exit(7); }
    int status = 0;
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
  }
  puts("done");
  return 0;
})";

struct Place {
  const char* name;
  const char* setup;     // shell, before the program; {TMP} is the folder for records
  const char* argument;  // of the program
  bool own_mounts;
  int most_lines;  // on stderr
};

class Surroundings : public testing::TestWithParam<Place> {};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

TEST_P(Surroundings, TheProgramGoesOn) {
  const Place& place = GetParam();
  const fs::path folder = support::scratchFolder(std::string("surroundings/") + place.name);
  const fs::path binary = program("surroundings", kProgram);
  fs::create_directories(folder / "tmp");
  if (place.own_mounts && support::runShell("unshare -Urm true").code != 0)
    GTEST_SKIP() << "no mount namespaces here";
  const auto start = [&](bool watched) {
    const std::string preload =
        watched ? "GRIDLOCK_OPTIONS=${GRIDLOCK_OPTIONS:-report=0} LD_PRELOAD=" + shim().string() + " " : "";
    std::string script = replaced(place.setup, "{TMP}", (folder / "tmp").string()) + "\n";
    script += "cd " + folder.string() + "\n" + preload + "exec " + binary.string() + " " + place.argument;
    writeFile(folder / "script", script);
    return support::runShell(
        (place.own_mounts ? "unshare -Urm " : "") + ("sh " + (folder / "script").string()),
        {.directory = folder, .environment = {{"TMPDIR", (folder / "tmp").string()}}});
  };
  const ProcessResult bare = start(false);
  const ProcessResult watched = start(true);
  EXPECT_EQ(watched.code, bare.code) << watched.ending() << watched.err;
  EXPECT_EQ(watched.signal, bare.signal);
  EXPECT_EQ(watched.out, bare.out);
  if (std::string(place.argument) == "stderr") {
    EXPECT_EQ(readFile(folder / "data"), "data");
  }
  std::istringstream lines(watched.err);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    EXPECT_EQ(line.rfind("gridlock: ", 0), 0u) << line;
  EXPECT_LE(count, place.most_lines) << watched.err;
  // What is there can be read.
  for (const fs::directory_entry& session : fs::directory_iterator(folder / "tmp")) {
    for (const fs::directory_entry& record : fs::directory_iterator(session)) {
      if (fs::file_size(record) == 0) continue;
      ProcessResult report =
          gridlock({"report", "--fail-on", "never", "-o", "r.json", record.path()}, {.directory = folder});
      EXPECT_EQ(report.code, 0) << report.err;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Surroundings,
    testing::Values(
        Place{"nothing", "", "", false, 0}, Place{"fork", "", "fork", false, 0},
        Place{"unknown_option", "export GRIDLOCK_OPTIONS=colour=red:report=0", "", false, 1},
        Place{"malformed_option", "export GRIDLOCK_OPTIONS==:report=0", "", false, 1},
        Place{"option_out_of_range", "export GRIDLOCK_OPTIONS=hold_every=99999999999:report=0", "", false, 1},
        Place{"no_proc", "mount -t tmpfs none /proc", "", true, 0},
        Place{"nowhere_to_write",
              "mount -t tmpfs -o ro none {TMP}; mount -t tmpfs -o ro none /dev/shm; export TMPDIR=/proc",
              "fork", true, 1},
        Place{"missing_folder", "export TMPDIR=/no/such/folder GRIDLOCK_SESSION=/no/such/folder/either", "",
              false, 1},
        Place{"room_for_nothing", "mount -t tmpfs -o size=4k none {TMP}", "fork", true, 1},
        Place{"room_for_a_page_or_two", "mount -t tmpfs -o size=12k none {TMP}", "fork", true, 1},
        Place{"full_on_the_way", "mount -t tmpfs -o size=64k none {TMP}", "", true, 1},
        Place{"full_later_on_the_way", "mount -t tmpfs -o size=300k none {TMP}", "fork", true, 1},
        Place{"descriptors_gone", "", "limit", false, 0},
        Place{"address_space_small", "ulimit -v 60000", "fork", false, 1},
        Place{"address_space_tiny", "ulimit -v 12000", "", false, 1},
        Place{"files_must_be_small", "ulimit -f 100", "", false, 1},
        Place{"stderr_closed", "exec 2>&-; export GRIDLOCK_OPTIONS=colour=red:report=0", "", false, 0},
        Place{"stderr_is_a_file_of_its_own", "export GRIDLOCK_OPTIONS=colour=red:report=0", "stderr", false,
              1},
        Place{"descriptors_closed_and_used_again", "", "close", false, 0},
        Place{"sandbox", "", "sandbox", false, 1},
        Place{"sandbox_of_others", "", "sandbox_of_others", false, 1},
        Place{"sandbox_of_waiters", "", "sandbox_of_waiters", false, 1},
        Place{"chroot", "", "chroot", true, 1}, Place{"user_changes", "", "user", false, 1}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace gridlock::e2e
