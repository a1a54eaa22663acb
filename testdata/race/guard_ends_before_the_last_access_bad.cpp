// gridlock: mode=static
//
// The block that holds the guard ends one statement too early.
#include <mutex>
#include <thread>

static std::mutex mutex;
static int queued;
static int peak;

static void enqueue() {
  for (int i = 0; i < 1000; ++i) {
    {
      std::lock_guard<std::mutex> guard(mutex);
      ++queued;
    }
    if (i > peak) peak = i;  // expect: data-race
  }
}

int main() {
  std::thread first(enqueue);
  std::thread second(enqueue);
  first.join();
  second.join();
  return 0;
}
