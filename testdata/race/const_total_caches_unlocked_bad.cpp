// gridlock: mode=static
//
// total() is const and looks harmless, but it stores its result in mutable members.
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

class Invoice {
 public:
  explicit Invoice(std::vector<int> items) : items_(std::move(items)) {}
  int total() const {
    if (!known_) {
      total_ = std::accumulate(items_.begin(), items_.end(), 0);
      known_ = true;  // expect: data-race
    }
    return total_;  // also: data-race
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
