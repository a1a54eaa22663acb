// gridlock: mode=static  expect-none: data-race
//
// total() is const and stores its result in mutable members, under a mutable mutex.
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

class Invoice {
 public:
  explicit Invoice(std::vector<int> items) : items_(std::move(items)) {}
  int total() const {
    std::lock_guard guard(mutex_);
    if (!known_) {
      total_ = std::accumulate(items_.begin(), items_.end(), 0);
      known_ = true;
    }
    return total_;
  }

 private:
  std::vector<int> items_;
  mutable std::mutex mutex_;
  mutable int total_ = 0;
  mutable bool known_ = false;
};

int main() {
  const Invoice invoice({3, 4, 5});
  int first = 0;
  std::thread printer([&] { first = invoice.total(); });
  int second = invoice.total();
  printer.join();
  return first == second ? 0 : 1;
}
