// gridlock: mode=static,runtime  expect-none: unused-guard
//
// An empty critical section on purpose, spelt out: wait until the writer of the moment has finished. And a
// guard that lives to the end of its statement, because it is part of the expression.
#include <mutex>
#include <thread>

static std::mutex mutex;
static int value;

static void waitForWriter() {
  mutex.lock();
  mutex.unlock();
}

static int readOnce() {
  std::lock_guard<std::mutex> guard(mutex);
  return value;
}

int main() {
  std::thread writer([] {
    std::lock_guard<std::mutex> guard(mutex);
    value = 1;
  });
  waitForWriter();
  int seen = readOnce();
  writer.join();
  return seen <= 1 ? 0 : 1;
}
