// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// Both paths take the log last.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class Store {
 public:
  void insert(int row) {
    std::lock_guard table(table_);
    rows_.push_back(row);
    std::lock_guard log(log_);
    lines_.push_back("insert");
  }
  void vacuum() {
    std::scoped_lock both(table_, index_);
    std::lock_guard log(log_);
    rows_.clear();
    lines_.push_back("vacuum");
  }

 private:
  std::mutex table_, index_, log_;
  std::vector<int> rows_;
  std::vector<std::string> lines_;
};

int main() {
  Store store;
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) store.insert(i);
  });
  std::thread cleaner([&] { store.vacuum(); });
  writer.join();
  cleaner.join();
}
