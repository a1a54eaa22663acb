// gridlock: mode=static
//
// The guard has no name: it is a temporary that dies at the semicolon, and nothing is guarded.
#include <mutex>
#include <thread>

static std::mutex mutex;
static long visits;

static void visit() {
  for (int i = 0; i < 1000; ++i) {
    std::lock_guard<std::mutex>{mutex};  // expect: unused-guard
    ++visits;                            // expect: data-race
  }
}

int main() {
  std::thread first(visit);
  std::thread second(visit);
  first.join();
  second.join();
  return 0;
}
