// gridlock: mode=static
//
// The ticker calls its observer by a raw pointer while the owner deletes it.
#include <atomic>
#include <memory>
#include <thread>

class Display {
 public:
  void tick(int n) { shown_ = n; }  // expect-miss: data-race
  int shown() const { return shown_; }

 private:
  int shown_ = 0;
};

int main() {
  auto display = std::make_shared<Display>();
  std::atomic<bool> done{false};
  Display *watched = display.get();
  std::thread ticker([&done, watched] {
    for (int i = 0; !done; ++i) {
      watched->tick(i);
    }
  });
  display.reset();  // also: data-race
  done = true;
  ticker.join();
}
