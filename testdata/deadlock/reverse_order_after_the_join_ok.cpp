// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// The second thread takes the reverse order, and is started when the first one has been joined.
#include <mutex>
#include <thread>

static std::mutex ledger;
static std::mutex journal;

int main() {
  std::thread first([] {
    std::lock_guard<std::mutex> outer(ledger);
    std::lock_guard<std::mutex> inner(journal);
  });
  first.join();
  std::thread second([] {
    std::lock_guard<std::mutex> outer(journal);
    std::lock_guard<std::mutex> inner(ledger);
  });
  second.join();
  return 0;
}
