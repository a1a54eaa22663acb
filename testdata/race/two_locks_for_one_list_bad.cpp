// gridlock: mode=static
//
// Everybody locks, but not the same lock: readers take the list's, the writer the index's.
#include <list>
#include <mutex>
#include <thread>

static std::mutex list_mutex;
static std::mutex index_mutex;
static std::list<int> items;

static void append() {
  for (int i = 0; i < 200; ++i) {
    std::lock_guard<std::mutex> guard(index_mutex);
    items.push_back(i);  // expect: data-race
  }
}

static int sum() {
  int total = 0;
  for (int i = 0; i < 50; ++i) {
    std::lock_guard<std::mutex> guard(list_mutex);
    for (int item : items) total += item;  // expect: data-race
  }
  return total;
}

int main() {
  std::thread writer(append);
  std::thread reader(sum);
  writer.join();
  reader.join();
  return 0;
}
