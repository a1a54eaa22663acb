// gridlock: mode=static
//
// The thread is a member before the field that it uses: it may run before that field is initialised.
#include <thread>

#include "support/invisible_barrier.h"

class Ticker {
 public:
  explicit Ticker(int period) : thread_([this] { run(); }) {
    period_ = period;  // expect: data-race
    invisible_step_advance(&step_);
  }
  ~Ticker() { thread_.join(); }

 private:
  void run() {
    long sum = 0;
    for (int i = 0; i < 10; ++i) sum += period_;  // also: data-race
    invisible_step_await(&step_, 1);
    ticks_ = sum;
  }
  invisible_step step_ = INVISIBLE_STEP_INIT;
  int period_ = 0;
  long ticks_ = 0;
  std::thread thread_;
};

int main() {
  Ticker ticker(5);
  return 0;
}
