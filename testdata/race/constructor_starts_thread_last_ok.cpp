// gridlock: mode=static,runtime  expect-none: data-race
//
// Everything is initialised before the thread starts; the destructor joins before anything is gone.
#include <thread>

class Ticker {
 public:
  explicit Ticker(int period) : period_(period) {
    ticks_ = 1;
    thread_ = std::thread([this] { run(); });
  }
  ~Ticker() {
    thread_.join();
    ticks_ = 0;
  }

 private:
  void run() {
    for (int i = 0; i < 10; ++i) ticks_ += period_;
  }
  int period_ = 0;
  long ticks_ = 0;
  std::thread thread_;
};

int main() {
  Ticker ticker(5);
  return 0;
}
