// Small programs, one a name, that print what they saw: return values, errno, order of events. The test
// runs each one bare and under the shim and compares, and then reads the record.
//
// No scenario knows of the shim.

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

timespec in(long ms) {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += ms * 1000000;
  time.tv_sec += time.tv_nsec / 1000000000;
  time.tv_nsec %= 1000000000;
  return time;
}

void say(const char* what, int value) { printf("%s %d errno %d\n", what, value, errno); }

pthread_mutex_t makeMutex(int type, bool robust = false) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  return mutex;
}

// ------------------------------------------------------------------------------- transparency

void returnValues() {
  errno = 77;
  pthread_mutex_t check = makeMutex(PTHREAD_MUTEX_ERRORCHECK);
  say("lock", pthread_mutex_lock(&check));
  say("again", pthread_mutex_lock(&check));
  say("try", pthread_mutex_trylock(&check));
  say("unlock", pthread_mutex_unlock(&check));
  say("unlock again", pthread_mutex_unlock(&check));
  pthread_mutex_t recursive = makeMutex(PTHREAD_MUTEX_RECURSIVE);
  for (int i = 0; i < 3; ++i) say("recursive", pthread_mutex_lock(&recursive));
  say("recursive try", pthread_mutex_trylock(&recursive));
  for (int i = 0; i < 4; ++i) say("unlock", pthread_mutex_unlock(&recursive));
  say("unlock too often", pthread_mutex_unlock(&recursive));
  pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&plain);
  const timespec soon = in(20);
  say("timed", pthread_mutex_timedlock(&plain, &soon));
  timespec wrong = soon;
  wrong.tv_nsec = -1;
  say("wrong time", pthread_mutex_timedlock(&plain, &wrong));
  say("wrong clock", pthread_mutex_clocklock(&plain, 99, &soon));
  say("destroy held", pthread_mutex_destroy(&plain));
  pthread_mutex_unlock(&plain);
  say("destroy", pthread_mutex_destroy(&plain));
  pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
  say("write", pthread_rwlock_wrlock(&rw));
  say("write again", pthread_rwlock_wrlock(&rw));
  say("read", pthread_rwlock_rdlock(&rw));
  say("try read", pthread_rwlock_tryrdlock(&rw));
  say("unlock", pthread_rwlock_unlock(&rw));
  say("read", pthread_rwlock_rdlock(&rw));
  say("read twice", pthread_rwlock_rdlock(&rw));
  say("try write", pthread_rwlock_trywrlock(&rw));
  say("timed write", pthread_rwlock_timedwrlock(&rw, &soon));
  pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  say("cond timed", pthread_cond_timedwait(&cond, &mutex, &soon));
  say("unlock after", pthread_mutex_unlock(&mutex));
  say("join self", pthread_join(pthread_self(), nullptr));
  mtx_t mtx;
  say("mtx_init", mtx_init(&mtx, mtx_timed));
  say("mtx_lock", mtx_lock(&mtx));
  say("mtx_trylock", mtx_trylock(&mtx));
  say("mtx_timedlock", mtx_timedlock(&mtx, &soon));
  say("mtx_unlock", mtx_unlock(&mtx));
}

void ownerDied() {
  static pthread_mutex_t mutex = makeMutex(PTHREAD_MUTEX_NORMAL, true);
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        pthread_mutex_lock(&mutex);
        return nullptr;
      },
      nullptr);
  pthread_join(thread, nullptr);
  say("lock", pthread_mutex_lock(&mutex));
  say("consistent", pthread_mutex_consistent(&mutex));
  say("unlock", pthread_mutex_unlock(&mutex));
  say("lock", pthread_mutex_lock(&mutex));
  say("unlock", pthread_mutex_unlock(&mutex));
}

pthread_mutex_t cancel_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t cancel_cond = PTHREAD_COND_INITIALIZER;
std::atomic<bool> waiting{false};

void cancelledWait() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        pthread_mutex_lock(&cancel_mutex);
        pthread_cleanup_push(
            [](void*) { printf("cleanup unlock %d\n", pthread_mutex_unlock(&cancel_mutex)); }, nullptr);
        waiting = true;
        for (;;) pthread_cond_wait(&cancel_cond, &cancel_mutex);
        pthread_cleanup_pop(1);
        return nullptr;
      },
      nullptr);
  while (!waiting) sched_yield();
  pthread_mutex_lock(&cancel_mutex);
  pthread_mutex_unlock(&cancel_mutex);
  pthread_cancel(thread);
  void* result;
  say("join", pthread_join(thread, &result));
  printf("cancelled %d\n", result == PTHREAD_CANCELED);
  say("lock", pthread_mutex_lock(&cancel_mutex));
  say("unlock", pthread_mutex_unlock(&cancel_mutex));
}

void exceptionsPass() {
  std::once_flag flag;
  for (int i = 0; i < 2; ++i) {
    try {
      std::call_once(flag, [&] { throw i; });
    } catch (int value) {
      printf("caught %d\n", value);
    }
  }
  std::call_once(flag, [] { puts("called"); });
  std::call_once(flag, [] { puts("not called"); });
  struct Thrower {
    explicit Thrower(bool go) {
      if (go) throw 1;
    }
  };
  for (int i = 0; i < 2; ++i) {
    try {
      static Thrower made(i == 0);
      puts("made");
    } catch (int) {
      puts("not made");
    }
  }
  try {
    std::mutex mutex;
    const std::lock_guard<std::mutex> guard(mutex);
    throw std::string("through a guard");
  } catch (const std::string& text) {
    puts(text.c_str());
  }
}

volatile sig_atomic_t handled = 0;
pthread_mutex_t handler_mutex = PTHREAD_MUTEX_INITIALIZER;

// Handlers that take a lock of their own between any two instructions of the main flow.
void locksInHandlers() {
  signal(SIGALRM, [](int) {
    pthread_mutex_lock(&handler_mutex);
    pthread_mutex_unlock(&handler_mutex);
    handled = handled + 1;
  });
  const itimerval every{{0, 50}, {0, 50}};
  setitimer(ITIMER_REAL, &every, nullptr);
  pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
  int failures = 0;
  while (handled < 3000) {
    failures += pthread_mutex_lock(&a) + pthread_mutex_lock(&b);
    failures += pthread_mutex_unlock(&b) + pthread_mutex_unlock(&a);
  }
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  printf("failures %d\n", failures);
}

void manyKeys() {
  int made = 0;
  pthread_key_t key;
  while (pthread_key_create(&key, nullptr) == 0) ++made;
  std::mutex mutex;
  std::thread([&] { const std::lock_guard<std::mutex> guard(mutex); }).join();
  printf("keys %d\n", made);
}

void mainExits() {
  std::thread([] {
    usleep(50000);
    puts("still here");
  }).detach();
  static std::mutex mutex;
  mutex.lock();
  mutex.unlock();
  fflush(stdout);
  pthread_exit(nullptr);
}

void deepNesting() {
  std::vector<pthread_mutex_t> locks(100);
  for (pthread_mutex_t& lock : locks) pthread_mutex_init(&lock, nullptr);
  for (int round = 0; round < 100; ++round) {
    for (pthread_mutex_t& lock : locks) pthread_mutex_lock(&lock);
    // Released from the bottom, so that everything moves.
    for (pthread_mutex_t& lock : locks) pthread_mutex_unlock(&lock);
  }
  for (pthread_mutex_t& lock : locks) say("destroy", pthread_mutex_destroy(&lock));
}

void manyThreads() {
  static std::mutex mutex;
  static int count = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 50; ++i) {
      threads.emplace_back([] {
        for (int k = 0; k < 20; ++k) {
          const std::lock_guard<std::mutex> guard(mutex);
          ++count;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  printf("count %d\n", count);
}

// Every way to take and to give back, mixed and contended; then what libc left in the objects.
void manyHands() {
  static pthread_mutex_t mutexes[] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
                                      PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP};
  static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
  static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
  static pthread_spinlock_t spin;
  static long under_mutex[3] = {};
  static long under_spin = 0;
  static long written = 0;
  static std::atomic<long> torn{0};
  pthread_spin_init(&spin, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int k = 0; k < 20000; ++k) {
        pthread_mutex_t& mutex = mutexes[k / 1000 % 3];
        if (k % 3 == 0) {
          while (pthread_mutex_trylock(&mutex) != 0) sched_yield();
        } else {
          pthread_mutex_lock(&mutex);
        }
        ++under_mutex[k / 1000 % 3];
        if (&mutex == &mutexes[1] && k % 5 != 0) {
          k % 2 == 0 ? pthread_mutex_lock(&mutex) : pthread_mutex_trylock(&mutex);
          pthread_mutex_unlock(&mutex);
        }
        if (k % 1000 == i) pthread_cond_broadcast(&turn);
        if (k % 1000 == 500) {
          const timespec until = in(1);
          pthread_cond_timedwait(&turn, &mutex, &until);
        }
        pthread_mutex_unlock(&mutex);
        pthread_spin_lock(&spin);
        ++under_spin;
        pthread_spin_unlock(&spin);
        if (k % 50 == i) {
          pthread_rwlock_wrlock(&rwlock);
          ++written;
          ++written;
        } else {
          pthread_rwlock_rdlock(&rwlock);
          if (written % 2 != 0) ++torn;
        }
        pthread_rwlock_unlock(&rwlock);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  printf("spin %ld written %ld torn %ld\n", under_spin, written, torn.load());
  for (pthread_mutex_t& mutex : mutexes) {
    printf("taken %ld, left: lock %d owner %d users %u count %u kind %d\n", under_mutex[&mutex - mutexes],
           mutex.__data.__lock, mutex.__data.__owner, mutex.__data.__nusers, mutex.__data.__count,
           mutex.__data.__kind);
    say("destroy", pthread_mutex_destroy(&mutex));
  }
  printf("left: readers %u writer %d\n", rwlock.__data.__readers >> 3, rwlock.__data.__cur_writer);
  say("destroy", pthread_rwlock_destroy(&rwlock));
  say("destroy", pthread_spin_destroy(&spin));
}

[[gnu::noinline]] void nest(pthread_mutex_t* first, pthread_mutex_t* second, pthread_mutex_t* third) {
  pthread_mutex_lock(first);
  pthread_mutex_lock(second);
  pthread_mutex_lock(third);
  pthread_mutex_unlock(third);
  pthread_mutex_unlock(second);
  pthread_mutex_unlock(first);
}

// The same calls at the same depth, again and again, now and then with another lock below or above.
void changingChains() {
  static pthread_mutex_t locks[5];
  for (pthread_mutex_t& lock : locks) pthread_mutex_init(&lock, nullptr);
  constexpr int kTriples[][3] = {{0, 1, 2}, {3, 1, 2}, {0, 4, 2}, {0, 1, 4}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& triple : kTriples) {
      for (int i = 0; i < 3000; ++i) nest(&locks[triple[0]], &locks[triple[1]], &locks[triple[2]]);
    }
  }
  printf("done\n");
}

// Pairs of many locks, always the one at the lower address first.
void orderedPairs() {
  static pthread_mutex_t locks[64];
  for (pthread_mutex_t& lock : locks) pthread_mutex_init(&lock, nullptr);
  unsigned seed = 1;
  for (int i = 0; i < 50000; ++i) {
    seed = seed * 1103515245u + 12345u;
    const unsigned first = (seed >> 8) % 63;
    const unsigned second = first + 1 + (seed >> 20) % (63 - first);
    pthread_mutex_lock(&locks[first]);
    pthread_mutex_lock(&locks[second]);
    pthread_mutex_unlock(&locks[second]);
    pthread_mutex_unlock(&locks[first]);
  }
  printf("done\n");
}

// ------------------------------------------------------------------------- forks and identity

pthread_mutex_t fork_a = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t fork_b = PTHREAD_MUTEX_INITIALIZER;

void forkHolding() {
  pthread_mutex_lock(&fork_a);
  const pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(&fork_b);
    pthread_mutex_unlock(&fork_b);
    _exit(pthread_mutex_unlock(&fork_a) == 0 ? 7 : 8);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("child %d\n", WEXITSTATUS(status));
  say("unlock", pthread_mutex_unlock(&fork_a));
}

void execAgain(const char* self) {
  pthread_mutex_lock(&fork_a);
  pthread_mutex_unlock(&fork_a);
  fflush(stdout);
  execl(self, self, "deep-nesting", nullptr);
}

void sharedBetweenProcesses() {
  auto* mutex = static_cast<pthread_mutex_t*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(mutex, &attributes);
  pthread_mutex_lock(mutex);
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (int round = 0; round < 3; ++round) {
        pthread_mutex_lock(mutex);
        usleep(1000);
        pthread_mutex_unlock(mutex);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  usleep(20000);
  pthread_mutex_unlock(mutex);
  int failures = 0;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    failures += status != 0;
  }
  printf("failures %d\n", failures);
}

// The same address, one lock after the other; orders that would be a cycle if they were one lock.
void reusedAddresses() {
  alignas(std::mutex) static unsigned char memory[sizeof(std::mutex)];
  std::mutex other;
  for (int i = 0; i < 100; ++i) {
    auto* mutex = new (memory) std::mutex;
    if (i % 2 == 0) {
      const std::scoped_lock outer(*mutex);
      const std::scoped_lock inner(other);
    } else {
      const std::scoped_lock outer(other);
      const std::scoped_lock inner(*mutex);
    }
  }
  puts("done");
}

// ------------------------------------------------------------------------------ findings

std::atomic<int> arrived{0};
void meet(int count) {
  ++arrived;
  while (arrived < count) sched_yield();
}

void ringOf(int count) {
  static std::vector<std::mutex> locks(32);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([i, count] {
      const std::lock_guard<std::mutex> own(locks[static_cast<std::size_t>(i)]);
      meet(count);
      const std::lock_guard<std::mutex> next(locks[static_cast<std::size_t>((i + 1) % count)]);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void relock() {
  std::mutex mutex;
  mutex.lock();
  mutex.lock();
}

void upgrade() {
  std::shared_mutex mutex;
  mutex.lock_shared();
  mutex.lock();
}

void joinUnderLock() {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> guard(mutex);
  std::thread thread([] { const std::lock_guard<std::mutex> inner(mutex); });
  thread.join();
}

void spinRing() {
  static pthread_spinlock_t a;
  static pthread_spinlock_t b;
  pthread_spin_init(&a, 0);
  pthread_spin_init(&b, 0);
  const auto take = [](pthread_spinlock_t* first, pthread_spinlock_t* second) {
    pthread_spin_lock(first);
    meet(2);
    pthread_spin_lock(second);
  };
  std::thread one(take, &a, &b);
  std::thread two(take, &b, &a);
  one.join();
  two.join();
}

void abandoned() {
  static std::mutex mutex;
  std::thread([] { mutex.lock(); }).join();
  mutex.lock();
}

void nobodySignals() {
  std::mutex mutex;
  std::condition_variable cond;
  std::unique_lock<std::mutex> lock(mutex);
  std::thread thread([&] { const std::lock_guard<std::mutex> guard(mutex); });
  cond.wait(lock, [] { return false; });
}

void emptySemaphore() {
  static sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  std::thread thread([] { sem_wait(&semaphore); });
  thread.join();
}

void childTakesLockOfAnother() {
  static std::mutex mutex;
  static std::atomic<bool> held{false};
  std::thread([] {
    mutex.lock();
    held = true;
    pause();
  }).detach();
  while (!held) sched_yield();
  const pid_t child = fork();
  if (child == 0) {
    mutex.lock();
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("child %d\n", WEXITSTATUS(status));
  fflush(stdout);
  _exit(0);
}

void staticGuardRing() {
  struct Waits {
    explicit Waits(int depth) {
      if (depth == 0) {
        std::thread thread([] { make(); });
        thread.join();
      }
    }
    static void make() { static Waits made(0); }
  };
  Waits::make();
}

void misuse() {
  static std::mutex a;
  static std::mutex b;
  static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  pthread_mutex_unlock(a.native_handle());
  a.lock();
  std::thread([] { pthread_mutex_unlock(a.native_handle()); }).join();
  std::thread([] { b.lock(); }).join();
  pthread_mutex_t dying = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&dying);
  pthread_mutex_destroy(&dying);
  pthread_mutex_t free_mutex = PTHREAD_MUTEX_INITIALIZER;
  const timespec soon = in(5);
  pthread_cond_timedwait(&cond, &free_mutex, &soon);
}

void busyForever() {
  static std::mutex a;
  static std::mutex b;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      for (;;) {
        const std::lock_guard<std::mutex> outer(a);
        const std::lock_guard<std::mutex> inner(b);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string name = count > 1 ? arguments[1] : "";
  setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
  const std::map<std::string, void (*)()> scenarios = {
      {"return-values", returnValues},
      {"owner-died", ownerDied},
      {"cancelled-wait", cancelledWait},
      {"exceptions-pass", exceptionsPass},
      {"locks-in-handlers", locksInHandlers},
      {"many-keys", manyKeys},
      {"main-exits", mainExits},
      {"deep-nesting", deepNesting},
      {"many-threads", manyThreads},
      {"many-hands", manyHands},
      {"changing-chains", changingChains},
      {"ordered-pairs", orderedPairs},
      {"fork-holding", forkHolding},
      {"shared-between-processes", sharedBetweenProcesses},
      {"reused-addresses", reusedAddresses},
      {"ring-2", [] { ringOf(2); }},
      {"ring-3", [] { ringOf(3); }},
      {"ring-25", [] { ringOf(25); }},
      {"relock", relock},
      {"upgrade", upgrade},
      {"join-under-lock", joinUnderLock},
      {"spin-ring", spinRing},
      {"abandoned", abandoned},
      {"nobody-signals", nobodySignals},
      {"empty-semaphore", emptySemaphore},
      {"child-takes-lock-of-another", childTakesLockOfAnother},
      {"static-guard-ring", staticGuardRing},
      {"misuse", misuse},
      {"busy-forever", busyForever},
  };
  if (name == "exec-again") {
    execAgain(arguments[0]);
    return 3;
  }
  const auto found = scenarios.find(name);
  if (found == scenarios.end()) return 2;
  found->second();
  return 0;
}
