// The cost of the other ways to wait: reader-writer locks, spin locks, semaphores, conditions,
// threads.
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include <atomic>

#include "bench_case.h"

namespace bench {
namespace {

Figures readPair(std::size_t pairs) {
  SleepingThread second;
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      pthread_rwlock_rdlock(&lock);
      pthread_rwlock_unlock(&lock);
    }
  });
}

Figures writePair(std::size_t pairs) {
  SleepingThread second;
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      pthread_rwlock_wrlock(&lock);
      pthread_rwlock_unlock(&lock);
    }
  });
}

Figures spinPair(std::size_t pairs) {
  SleepingThread second;
  pthread_spinlock_t lock;
  pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
  Figures figures = measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      pthread_spin_lock(&lock);
      pthread_spin_unlock(&lock);
    }
  });
  pthread_spin_destroy(&lock);
  return figures;
}

Figures semaphorePair(std::size_t pairs) {
  SleepingThread second;
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  Figures figures = measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      sem_wait(&semaphore);
      sem_post(&semaphore);
    }
  });
  sem_destroy(&semaphore);
  return figures;
}

struct Table {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
  std::size_t ball = 0;
  std::size_t end = 0;
};

// Waits until the ball has the given parity, then hits it; one operation is one hit.
void play(Table& table, std::size_t parity) {
  pthread_mutex_lock(&table.mutex);
  while (table.ball < table.end) {
    if (table.ball % 2 == parity) {
      ++table.ball;
      pthread_cond_signal(&table.changed);
    } else {
      pthread_cond_wait(&table.changed, &table.mutex);
    }
  }
  pthread_mutex_unlock(&table.mutex);
}

Figures pingPong(std::size_t hits) {
  Table table;
  table.end = hits;
  return measure(hits, [&] {
    pthread_t other;
    auto body = [](void* raw) -> void* {
      play(*static_cast<Table*>(raw), 1);
      return nullptr;
    };
    pthread_create(&other, nullptr, body, &table);
    play(table, 0);
    pthread_join(other, nullptr);
  });
}

// Both threads go on until all is done, so that neither is left alone with the lock, and now and then one
// goes off the processor while it has it: so they meet on any machine. `handed` is how often, of a hundred
// times, the other one had it last.
Figures contended(std::size_t pairs) {
  struct Shared {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    std::size_t left;
    std::size_t handed = 0;
    const void* last = nullptr;
    std::atomic<int> ready{0};
  } shared;
  shared.left = pairs;
  pthread_mutex_lock(&shared.mutex);  // the first lock of a process is not what is measured here
  pthread_mutex_unlock(&shared.mutex);
  Figures figures = measure(pairs, [&] {
    auto body = [](void* raw) -> void* {
      auto* all = static_cast<Shared*>(raw);
      const char self = 0;
      for (++all->ready; all->ready != 2;) sched_yield();
      for (bool more = true; more;) {
        pthread_mutex_lock(&all->mutex);
        more = all->left > 1;
        all->left -= all->left != 0;
        all->handed += all->last != &self;
        all->last = &self;
        if (all->left % 16 == 0) sched_yield();
        pthread_mutex_unlock(&all->mutex);
      }
      return nullptr;
    };
    pthread_t threads[2];
    for (auto& thread : threads) {
      pthread_create(&thread, nullptr, body, &shared);
    }
    for (auto& thread : threads) {
      pthread_join(thread, nullptr);
    }
  });
  figures["handed"] = 100 * static_cast<double>(shared.handed) / static_cast<double>(pairs);
  return figures;
}

Figures createJoin(std::size_t threads) {
  return measure(threads, [&] {
    for (std::size_t i = 0; i < threads; ++i) {
      pthread_t thread;
      pthread_create(&thread, nullptr, [](void* raw) { return raw; }, nullptr);
      pthread_join(thread, nullptr);
    }
  });
}

}  // namespace

std::vector<Case> waitCases() {
  return {
      {"read", "rwlock, read", 12'000'000, readPair},
      {"write", "rwlock, write", 12'000'000, writePair},
      {"spin", "spin lock", 20'000'000, spinPair},
      {"semaphore", "semaphore wait and post", 15'000'000, semaphorePair},
      {"contended", "one lock, two threads at once", 1'000'000, contended},
      {"ping-pong", "condition ping-pong", 60'000, pingPong},
      {"create-join", "thread create and join", 15'000, createJoin},
  };
}

}  // namespace bench
