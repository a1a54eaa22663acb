// gridlock: mode=static,runtime
//
// A home-made lock class over pthread_mutex_t and a home-made guard: known only by what they do.
#include <pthread.h>

#include <thread>

#include "support/invisible_barrier.h"

class Latch {
 public:
  Latch() { pthread_mutex_init(&handle_, nullptr); }
  ~Latch() { pthread_mutex_destroy(&handle_); }
  void enter() { pthread_mutex_lock(&handle_); }  // expect: lock-order-cycle
  void leave() { pthread_mutex_unlock(&handle_); }

 private:
  pthread_mutex_t handle_;
};

class Hold {
 public:
  explicit Hold(Latch &latch) : latch_(latch) { latch_.enter(); }  // also: lock-order-cycle
  ~Hold() { latch_.leave(); }
  Hold(const Hold &) = delete;

 private:
  Latch &latch_;
};

static Latch pages;
static Latch journal;
static int written;
static invisible_step step = INVISIBLE_STEP_INIT;

static void writeBack() {
  Hold first(pages);    // also: lock-order-cycle
  Hold second(journal);  // expect-miss: lock-order-cycle via=static also: lock-order-cycle
  ++written;
}

static void recover() {
  Hold first(journal);  // also: lock-order-cycle
  Hold second(pages);    // expect-miss: lock-order-cycle via=static also: lock-order-cycle
  ++written;
}

int main() {
  std::thread writer([] {
    writeBack();
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread restarter([] {
    invisible_step_await(&step, 1);
    recover();
    invisible_step_advance(&step);
  });
  writer.join();
  restarter.join();
  return 0;
}
