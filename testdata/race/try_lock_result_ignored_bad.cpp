// gridlock: mode=static
//
// The result of try_lock is thrown away: sometimes the counter is changed without the lock (and then a lock
// that is not held is given back).
#include <mutex>
#include <thread>

static std::mutex mutex;
static long events;

static void record() {
  for (int i = 0; i < 1000; ++i) {
    bool locked = mutex.try_lock();
    ++events;  // expect: data-race
    if (locked) mutex.unlock();
  }
}

int main() {
  std::thread first(record);
  std::thread second(record);
  first.join();
  second.join();
  return 0;
}
