// Locks in every kind of place, each taken once: the test checks what they are called.
// Compiled and run by tests/analyzer/lock_names_test.cpp; not a scenario of its own.
#include <pthread.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

struct Server {
  int fd;
  std::mutex mutex;
  struct {
    pthread_mutex_t inner;
  } nested;
};
Server server;
std::mutex stripes[8];
std::array<std::mutex, 4> table;

namespace net {
namespace {
std::mutex hidden;
}
static std::mutex internal;
struct Pool {
  static std::mutex global;
  std::shared_mutex rw;
};
std::mutex Pool::global;
}  // namespace net

template <class Key>
class Cache {
 public:
  void put(Key) { std::lock_guard<std::mutex> guard(mutex_); }

 private:
  std::mutex mutex_;
};

struct Shard {
  std::mutex m;
  int x = 0;
};

class Registry {
 public:
  Registry() {
    for (int i = 0; i < 4; ++i) shards_.push_back(std::make_unique<Shard>());
  }
  Shard& of(int i) { return *shards_[i]; }
  void behindCall(int i) { std::lock_guard<std::mutex> guard(of(i).m); }
  void inContainer(int i) { std::lock_guard<std::mutex> guard(shards_[i]->m); }

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
};

class Base {
 protected:
  std::mutex base_mutex_;
};
class Derived : public Base {
 public:
  void deferred() {
    std::unique_lock<std::mutex> late(base_mutex_, std::defer_lock);
    late.lock();
  }
};

// Home-made wrappers: the lock is what they are used on.
class Mutex {
 public:
  void Lock() { mu_.lock(); }
  void Unlock() { mu_.unlock(); }

 private:
  std::mutex mu_;
};
class MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() { mutex_->Unlock(); }

 private:
  Mutex* mutex_;
};
struct Db {
  Mutex writers;
  Mutex log;
  void write() {
    MutexLock outer(&writers); MutexLock inner(&log);  // two on one line
  }
};

struct queue {
  int n;
  pthread_mutex_t mu;
};
typedef struct {
  pthread_mutex_t lock;
} unnamed_t;
static void takeAndDrop(pthread_mutex_t* mutex) {
  pthread_mutex_lock(mutex);
  pthread_mutex_unlock(mutex);
}
std::mutex& accessor() {
  static std::mutex once;
  return once;
}

int main() {
  { std::lock_guard<std::mutex> guard(server.mutex); }
  pthread_mutex_lock(&server.nested.inner);
  pthread_mutex_unlock(&server.nested.inner);
  for (int i = 0; i < 8; ++i) std::lock_guard<std::mutex> guard(stripes[i]);
  { std::lock_guard<std::mutex> guard(table[1]); }
  { std::lock_guard<std::mutex> guard(net::hidden); }
  { std::lock_guard<std::mutex> guard(net::internal); }
  { std::lock_guard<std::mutex> guard(net::Pool::global); }
  { std::lock_guard<std::mutex> guard(accessor()); }
  auto pool = std::make_unique<net::Pool>();
  { std::shared_lock<std::shared_mutex> guard(pool->rw); }
  auto numbers = std::make_unique<Cache<int>>();
  numbers->put(1);
  auto longs = std::make_unique<Cache<long>>();
  longs->put(1);
  Registry registry;
  registry.behindCall(1);
  registry.inContainer(2);
  auto derived = std::make_unique<Derived>();
  derived->deferred();
  auto db = std::make_unique<Db>();
  db->write();
  auto* q = new queue{};
  takeAndDrop(&q->mu);
  auto* unnamed = new unnamed_t{};
  takeAndDrop(&unnamed->lock);
  std::map<int, Shard> shards;
  { std::lock_guard<std::mutex> guard(shards[3].m); }
  std::mutex local;
  std::thread thread([&] { std::lock_guard<std::mutex> guard(local); });
  thread.join();
  return 0;
}
