// gridlock: mode=static,runtime  expect-none: self-deadlock
// Two flights of one map are locked together, the lower number first.
#include <map>
#include <memory>
#include <mutex>
#include <thread>

struct Flight {
  std::mutex mutex;
  int free = 10;
};

static std::map<int, std::unique_ptr<Flight>> flights;

static void book(int first, int second) {
  Flight &a = *flights.at(first);
  Flight &b = *flights.at(second);
  std::lock_guard<std::mutex> hold_a(a.mutex);
  std::lock_guard<std::mutex> hold_b(b.mutex);  // also: self-deadlock severity=note  also: lock-order-cycle severity=note
  --a.free;
  --b.free;
}

int main() {
  for (int i = 0; i < 3; ++i) flights[i] = std::make_unique<Flight>();
  std::thread one([] { book(0, 1); });
  std::thread two([] { book(1, 2); });
  one.join();
  two.join();
  return flights.at(1)->free - 8;
}
