// gridlock: mode=static
//
// Two buses call their handlers under their locks, and handlers of each publish to the other.
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

class Bus {
 public:
  void subscribe(std::function<void(int)> handler) {
    std::lock_guard guard(mutex_);
    handlers_.push_back(std::move(handler));
  }
  void publish(int event) {
    std::lock_guard guard(mutex_);  // expect: lock-order-cycle
    for (auto &handler : handlers_) handler(event);
  }

 private:
  std::mutex mutex_;
  std::vector<std::function<void(int)>> handlers_;
};

static Bus orders;
static Bus stock;

int main() {
  orders.subscribe([](int event) {
    if (event % 2) stock.publish(event + 1);
  });
  stock.subscribe([](int event) {
    if (event % 2) orders.publish(event + 1);
  });
  std::thread shop([] { orders.publish(1); });
  std::thread warehouse([] { stock.publish(1); });
  shop.join();
  warehouse.join();
}
