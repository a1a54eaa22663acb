// gridlock: mode=static  expect-none: data-race
//
// The thread starts when the object is finished.
#include <atomic>
#include <thread>
#include <vector>

class Service {
 public:
  virtual ~Service() = default;
  void stop() {
    stopped_ = true;
    thread_.join();
  }
  void start() { thread_ = std::thread([this] { loop(); }); }

 protected:
  virtual void step() {}

 private:
  void loop() {
    while (!stopped_) step();
  }
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

class Poller : public Service {
 public:
  Poller() { interval_ = 5; }
  void step() override { waited_ += interval_; }
  long waited() const { return waited_; }

 private:
  int interval_ = 1;
  long waited_ = 0;
};

int main() {
  Poller poller;
  poller.start();
  poller.stop();
  return poller.waited() < 0;
}
