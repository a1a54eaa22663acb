// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// merge() defers both locks and takes them with std::lock.
#include <mutex>
#include <thread>
#include <vector>

struct Inventory {
  std::mutex mutex;
  std::vector<int> items;
};

static void merge(Inventory &into, Inventory &from) {
  std::unique_lock<std::mutex> a(into.mutex, std::defer_lock);
  std::unique_lock<std::mutex> b(from.mutex, std::defer_lock);
  std::lock(a, b);
  into.items.insert(into.items.end(), from.items.begin(), from.items.end());
  from.items.clear();
}

int main() {
  Inventory north, south;
  north.items = {1, 2};
  south.items = {3};
  std::thread first([&] { merge(north, south); });
  std::thread second([&] { merge(south, north); });
  first.join();
  second.join();
}
