// gridlock: mode=static
//
// The lock is given back for the slow part, and not taken again before the result is stored.
#include <mutex>
#include <thread>

static std::mutex mutex;
static int generation;
static int result;

static int slowly(int n) { return n * 7 % 13; }

static void work() {
  for (int i = 0; i < 500; ++i) {
    std::unique_lock<std::mutex> lock(mutex);
    int mine = ++generation;
    lock.unlock();
    int value = slowly(mine);
    result = value;  // expect: data-race
  }
}

int main() {
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
