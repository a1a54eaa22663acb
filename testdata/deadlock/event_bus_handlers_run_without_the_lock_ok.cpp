// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// Two buses copy their handlers and call them without their locks.
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
    std::vector<std::function<void(int)>> copy;
    {
      std::lock_guard guard(mutex_);
      copy = handlers_;
    }
    for (auto &handler : copy) handler(event);
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
