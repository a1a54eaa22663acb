// gridlock: mode=static
//
// The base class starts the thread in its constructor, while the derived members are not there yet.
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
 protected:
  Service() { thread_ = std::thread([this] { loop(); }); }  // also: data-race

 protected:
  virtual void step() {}

 private:
  void loop() {
    while (!stopped_) step();  // also: data-race
  }
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

class Poller : public Service {
 public:
  Poller() { interval_ = 5; }  // also: data-race
  void step() override { waited_ += interval_; }  // expect: data-race
  long waited() const { return waited_; }

 private:
  int interval_ = 1;
  long waited_ = 0;
};

int main() {
  Poller poller;
  poller.stop();
  return poller.waited() < 0;
}
