// gridlock: mode=static
//
// Locked<T> hands out a guard that is a pointer; one function goes around it.
#include <map>
#include <mutex>
#include <string>
#include <thread>

template <typename T>
class Locked {
 public:
  class Access {
   public:
    Access(T &value, std::mutex &mutex) : lock_(mutex), value_(value) {}
    T *operator->() { return &value_; }
    T &operator*() { return value_; }

   private:
    std::unique_lock<std::mutex> lock_;
    T &value_;
  };
  Access lock() { return Access(value_, mutex_); }
  T &unsafe() { return value_; }

 private:
  std::mutex mutex_;
  T value_;
};

struct Stats {
  long hits = 0;
  long misses = 0;
};

static Locked<Stats> stats;

static void serve() {
  for (int i = 0; i < 1000; ++i) {
    auto access = stats.lock();
    if (i % 3) {
      ++access->hits;
    } else {
      ++access->misses;
    }
  }
}

int main() {
  std::thread worker(serve);
  long seen = stats.unsafe().hits;  // expect: data-race
  worker.join();
  return seen < 0;
}
