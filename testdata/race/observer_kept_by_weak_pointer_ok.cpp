// gridlock: mode=static  expect-none: data-race
//
// The ticker locks a weak_ptr to its observer before each call.
#include <atomic>
#include <memory>
#include <thread>

class Display {
 public:
  void tick(int n) { shown_ = n; }
  int shown() const { return shown_; }

 private:
  int shown_ = 0;
};

int main() {
  auto display = std::make_shared<Display>();
  std::atomic<bool> done{false};
  std::weak_ptr<Display> watched = display;
  std::thread ticker([&done, watched] {
    for (int i = 0; !done; ++i) {
      if (auto alive = watched.lock()) alive->tick(i);
    }
  });
  display.reset();
  done = true;
  ticker.join();
}
