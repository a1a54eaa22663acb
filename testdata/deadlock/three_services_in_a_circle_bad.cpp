// gridlock: mode=static,runtime
//
// Orders → stock → billing → orders: each service calls the next one with its lock held. No two of them
// invert each other; only all three together close the circle.
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::mutex orders_mutex;
static std::mutex stock_mutex;
static std::mutex billing_mutex;
static int orders, stock, billing;
static invisible_step step = INVISIBLE_STEP_INIT;

static void reserve() {
  std::lock_guard<std::mutex> guard(stock_mutex);  // expect: lock-order-cycle
  --stock;
}

static void charge() {
  std::lock_guard<std::mutex> guard(billing_mutex);  // expect: lock-order-cycle
  ++billing;
}

static void confirm() {
  std::lock_guard<std::mutex> guard(orders_mutex);  // expect: lock-order-cycle
  ++orders;
}

static void inTurn(int turn, std::mutex &own, void (*next)()) {
  invisible_step_await(&step, turn);
  {
    std::lock_guard<std::mutex> guard(own);  // also: lock-order-cycle
    next();                                  // also: lock-order-cycle
  }
  invisible_step_advance(&step);
  invisible_step_await(&step, 3);
}

int main() {
  std::thread first(inTurn, 0, std::ref(orders_mutex), reserve);
  std::thread second(inTurn, 1, std::ref(stock_mutex), charge);
  std::thread third(inTurn, 2, std::ref(billing_mutex), confirm);
  first.join();
  second.join();
  third.join();
  return 0;
}
