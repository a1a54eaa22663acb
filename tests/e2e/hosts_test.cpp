// Programs of all kinds under the shim: what they print and how they end is as without it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// Runs it bare and under `gridlock run`; gives the rules found.
Rules sameUnderRun(const fs::path& folder, const std::vector<std::string>& command,
                   std::map<std::string, std::string> environment = {}) {
  const ProcessResult bare = support::runProcess(command, {.directory = folder, .environment = environment});
  std::vector<std::string> run{"run", "--quiet", "--fail-on", "never", "-o", "r.json", "--"};
  run.insert(run.end(), command.begin(), command.end());
  const ProcessResult watched = gridlock(run, {.directory = folder, .environment = environment});
  EXPECT_EQ(watched.code, bare.code) << watched.ending() << watched.err;
  EXPECT_EQ(watched.out, bare.out);
  EXPECT_EQ(watched.err, bare.err);
  return rulesOf(folder / "r.json");
}

TEST(Hosts, LocksBeforeAnyConstructor) {
  const fs::path binary = program("before_constructors", R"(
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static int taken;
static void early(void) {
  pthread_mutex_lock(&a); pthread_mutex_lock(&b); ++taken;
  pthread_mutex_unlock(&b); pthread_mutex_unlock(&a);
}
__attribute__((section(".preinit_array"), used)) static void (*first)(void) = early;
__attribute__((constructor(101))) static void second(void) { early(); }
int main(void) { early(); printf("%d\n", taken); return 0; })");
  EXPECT_EQ(sameUnderRun(support::scratchFolder("hosts/early"), {binary}), Rules{});
}

TEST(Hosts, ConditionsOfTheOldVersion) {
  const fs::path binary = program("old_conditions", R"(
#include <pthread.h>
#include <stdio.h>
__asm__(".symver old_init, pthread_cond_init@GLIBC_2.2.5");
__asm__(".symver old_wait, pthread_cond_wait@GLIBC_2.2.5");
__asm__(".symver old_signal, pthread_cond_signal@GLIBC_2.2.5");
__asm__(".symver old_destroy, pthread_cond_destroy@GLIBC_2.2.5");
int old_init(void *, void *); int old_wait(void *, pthread_mutex_t *); int old_signal(void *); int old_destroy(void *);
static struct { void *cond; long guard; } box = {0, 0x5a5a5a5a};  /* the old object is one pointer */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int ready;
static void *tell(void *p) {
  pthread_mutex_lock(&mutex); ready = 1; old_signal(&box.cond); pthread_mutex_unlock(&mutex); return p;
}
int main(void) {
  pthread_t thread;
  old_init(&box.cond, 0);
  pthread_mutex_lock(&mutex);
  pthread_create(&thread, 0, tell, 0);
  while (!ready) old_wait(&box.cond, &mutex);
  pthread_mutex_unlock(&mutex);
  pthread_join(thread, 0);
  old_destroy(&box.cond);
  printf("%lx\n", box.guard);
  return 0;
})");
  EXPECT_EQ(sameUnderRun(support::scratchFolder("hosts/old"), {binary}), Rules{});
}

TEST(Hosts, ThousandsOfThreads) {
  const fs::path binary = program("many_threads", R"(
#include <pthread.h>
#include <stdio.h>
enum { kAtOnce = 1000, kRounds = 5 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all;
static long count;
static void *work(void *p) {
  pthread_barrier_wait(&all);
  pthread_mutex_lock(&mutex); pthread_mutex_lock(&other); ++count;
  pthread_mutex_unlock(&other); pthread_mutex_unlock(&mutex);
  return p;
}
int main(void) {
  pthread_attr_t small;
  pthread_attr_init(&small); pthread_attr_setstacksize(&small, 65536);
  static pthread_t threads[kAtOnce];
  for (int round = 0; round < kRounds; ++round) {
    pthread_barrier_init(&all, 0, kAtOnce);
    for (int i = 0; i < kAtOnce; ++i)
      if (pthread_create(&threads[i], &small, work, 0) != 0) return 1;
    for (int i = 0; i < kAtOnce; ++i) pthread_join(threads[i], 0);
    pthread_barrier_destroy(&all);
  }
  printf("%ld\n", count);
  return 0;
})");
  Rules rules = sameUnderRun(support::scratchFolder("hosts/threads"), {binary});
  std::erase(rules, "contention");
  EXPECT_EQ(rules, Rules{});
}

// Everything that a slow step needs must fit on the smallest stack there is, beside what the program needs.
TEST(Hosts, TheSmallestStack) {
  const fs::path binary = program("small_stacks", R"(
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t c = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t d = PTHREAD_COND_INITIALIZER;
static int done;
static void *work(void *p) {
  struct timespec soon;
  pthread_mutex_lock(&a); pthread_mutex_lock(&b); pthread_rwlock_rdlock(&c);
  pthread_rwlock_unlock(&c);
  clock_gettime(CLOCK_REALTIME, &soon);
  pthread_cond_timedwait(&d, &b, &soon);
  if (pthread_mutex_trylock(&a) == EBUSY) ++done;
  pthread_mutex_unlock(&b); pthread_mutex_unlock(&a);
  return p;
}
int main(void) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  if (pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN) != 0) return 1;
  pthread_t threads[8];
  for (int i = 0; i < 8; ++i) if (pthread_create(&threads[i], &small, work, 0) != 0) return 2;
  for (int i = 0; i < 8; ++i) pthread_join(threads[i], 0);
  printf("%d\n", done);
  return 0;
})");
  EXPECT_EQ(sameUnderRun(support::scratchFolder("hosts/small"), {binary}), Rules{});
}

TEST(Hosts, LibrariesWithLocksThatComeAndGo) {
  const fs::path folder = support::scratchFolder("hosts/plugins");
  writeFile(folder / "plugin.c", R"(
#include <pthread.h>
static pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
int work(pthread_mutex_t *outer) {
  pthread_mutex_lock(outer); pthread_mutex_lock(&mine);
  pthread_mutex_unlock(&mine); pthread_mutex_unlock(outer);
  return 1;
})");
  const ProcessResult built =
      support::runShell("gcc -g -shared -fPIC plugin.c -o one.so && cp one.so two.so", {.directory = folder});
  ASSERT_EQ(built.code, 0) << built.err;
  const fs::path binary = program("loads_plugins", R"(
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static int load(const char *name) {
  void *library = dlopen(name, RTLD_NOW);
  if (!library) return -1000;
  int (*work)(pthread_mutex_t *) = (int (*)(pthread_mutex_t *))dlsym(library, "work");
  int result = work(&outer);
  dlclose(library);
  return result;
}
static void *loads(void *p) {
  long sum = 0;
  for (int i = 0; i < 50; ++i) sum += load(i % 2 ? "./one.so" : "./two.so");
  return (void *)sum;
}
int main(void) {
  pthread_t thread;
  void *theirs;
  pthread_create(&thread, 0, loads, 0);
  long mine = (long)loads(0);
  pthread_join(thread, &theirs);
  printf("%ld\n", mine + (long)theirs);
  return 0;
})");
  EXPECT_EQ(sameUnderRun(folder, {binary}), Rules{});
}

// The C++ library comes with the plug-in, into its scope alone: there is no next function for its guards.
TEST(Hosts, PluginBringsTheCxxLibraryAlong) {
  const fs::path folder = support::scratchFolder("hosts/cxx_plugin");
  writeFile(folder / "plugin.cpp", R"(
#include <stdexcept>
static int sum() {
  int n = 0;
  for (int i = 0; i < 1000; ++i) n += i % 7;
  return n;
}
static int refuses(bool now) {
  if (now) throw std::runtime_error("not yet");
  return 1;
}
static int tried(bool now) { static int once = refuses(now); return once; }
extern "C" int work() {
  static int number = sum();
  try { tried(true); } catch (const std::exception &) {}
  return number + tried(false);
})");
  const ProcessResult built =
      support::runShell("g++ -g -shared -fPIC plugin.cpp -o plugin.so", {.directory = folder});
  ASSERT_EQ(built.code, 0) << built.err;
  const fs::path binary = program("loads_a_cxx_plugin", R"(
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static int (*work)(void);
static void *works(void *p) { return (void *)(long)work(); }
int main(void) {
  void *library = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
  if (!library) return 3;
  work = (int (*)(void))dlsym(library, "work");
  pthread_t threads[8];
  for (int i = 0; i < 8; ++i) pthread_create(&threads[i], 0, works, 0);
  long sum = 0;
  for (int i = 0; i < 8; ++i) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("%ld\n", sum);
  return 0;
})");
  EXPECT_EQ(sameUnderRun(folder, {binary}), Rules{});
}

// Code that is on the stack and no longer there, as when an exit handler unloads the module that called exit.
TEST(Hosts, CallerThatIsUnloaded) {
  const fs::path binary = program("caller_goes_away", R"(
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static void *page;
static void *idle(void *p) { return p; }
static void last(void) {
  munmap(page, 4096);
  pthread_mutex_lock(&a); pthread_mutex_lock(&b);
  pthread_mutex_unlock(&b); pthread_mutex_unlock(&a);
  printf("still here\n");
  exit(0);
}
int main(void) {
  const unsigned char calls_rdi[] = {0x53, 0xff, 0xd7, 0x5b, 0xc3};  /* push rbx; call rdi; pop rbx; ret */
  pthread_t thread;
  pthread_create(&thread, 0, idle, 0);
  pthread_join(thread, 0);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(page, calls_rdi, sizeof calls_rdi);
  ((void (*)(void (*)(void)))page)(last);
  return 1;
})");
  EXPECT_EQ(sameUnderRun(support::scratchFolder("hosts/unloaded"), {binary}), Rules{});
}

// Without its headers: the members by their names.
TEST(Hosts, SharedMutexesOfTheOtherStandardLibrary) {
  const fs::path library = "/usr/lib/x86_64-linux-gnu/libc++.so.1";
  if (!fs::exists(library)) GTEST_SKIP() << "no libc++ here";
  const fs::path binary = program("other_shared_mutex", R"(
#include <pthread.h>
#include <stdio.h>
#include "support/invisible_barrier.h"
typedef struct { long words[32]; } Shared;
void make(Shared *) __asm__("_ZNSt3__119__shared_mutex_baseC1Ev");
void lock(Shared *) __asm__("_ZNSt3__119__shared_mutex_base4lockEv");
void unlock(Shared *) __asm__("_ZNSt3__119__shared_mutex_base6unlockEv");
void lock_shared(Shared *) __asm__("_ZNSt3__119__shared_mutex_base11lock_sharedEv");
void unlock_shared(Shared *) __asm__("_ZNSt3__119__shared_mutex_base13unlock_sharedEv");
static Shared users, groups, red, blue;
static invisible_step step = INVISIBLE_STEP_INIT;
static void *first(void *p) {
  lock_shared(&users); lock_shared(&groups); unlock_shared(&groups); unlock_shared(&users);
  lock(&red); lock_shared(&blue); unlock_shared(&blue); unlock(&red);
  invisible_step_advance(&step); invisible_step_await(&step, 2);
  return p;
}
static void *second(void *p) {
  invisible_step_await(&step, 1);
  lock_shared(&groups); lock_shared(&users); unlock_shared(&users); unlock_shared(&groups);
  lock(&blue); lock_shared(&red); unlock_shared(&red); unlock(&blue);
  invisible_step_advance(&step);
  return p;
}
int main(void) {
  make(&users); make(&groups); make(&red); make(&blue);
  pthread_t a, b;
  pthread_create(&a, 0, first, 0); pthread_create(&b, 0, second, 0);
  pthread_join(a, 0); pthread_join(b, 0);
  puts("done");
  return 0;
})",
                                  {library.string()});
  ASSERT_FALSE(binary.empty());
  const fs::path folder = support::scratchFolder("hosts/libcxx");
  sameUnderRun(folder, {binary});
  const Result<nlohmann::json> report = support::loadReport(folder / "r.json");
  ASSERT_TRUE(report);
  int warnings = 0;
  for (const nlohmann::json& finding : (*report)["findings"]) {
    if (finding["severity"] != "warning") continue;
    ++warnings;
    EXPECT_NE(finding["message"].get<std::string>().find("red"), std::string::npos) << finding["message"];
  }
  EXPECT_EQ(warnings, 1) << "the order of red and blue, not of what is only read";
}

}  // namespace
}  // namespace gridlock::e2e
