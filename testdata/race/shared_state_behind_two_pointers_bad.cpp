// gridlock: mode=static
//
// Two services keep a pointer to one shared settings object; one locks its own mutex, the other nothing.
#include <memory>
#include <mutex>
#include <thread>

struct Settings {
  int limit = 10;
};

class Frontend {
 public:
  explicit Frontend(std::shared_ptr<Settings> settings) : settings_(std::move(settings)) {}
  void tune(int limit) {
    std::lock_guard<std::mutex> guard(mutex_);
    settings_->limit = limit;  // expect: data-race
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Settings> settings_;
};

class Backend {
 public:
  explicit Backend(std::shared_ptr<Settings> settings) : settings_(std::move(settings)) {}
  bool allows(int n) const { return n < settings_->limit; }  // expect: data-race

 private:
  std::shared_ptr<Settings> settings_;
};

int main() {
  auto settings = std::make_shared<Settings>();
  Frontend frontend(settings);
  Backend backend(settings);
  std::thread tuner([&] {
    for (int i = 0; i < 500; ++i) frontend.tune(i);
  });
  int allowed = 0;
  for (int i = 0; i < 500; ++i) allowed += backend.allows(i);
  tuner.join();
  return allowed >= 0 ? 0 : 1;
}
