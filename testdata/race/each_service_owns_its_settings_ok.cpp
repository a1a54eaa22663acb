// gridlock: mode=static,runtime  expect-none: data-race
//
// The same classes, each with a settings object of its own: the same field, never the same object.
#include <memory>
#include <thread>

struct Settings {
  int limit = 10;
};

class Service {
 public:
  explicit Service(std::unique_ptr<Settings> settings) : settings_(std::move(settings)) {}
  void tune(int limit) { settings_->limit = limit; }
  int limit() const { return settings_->limit; }

 private:
  std::unique_ptr<Settings> settings_;
};

int main() {
  Service frontend(std::make_unique<Settings>());
  Service backend(std::make_unique<Settings>());
  std::thread first([&] {
    for (int i = 0; i < 500; ++i) frontend.tune(i);
  });
  std::thread second([&] {
    for (int i = 0; i < 500; ++i) backend.tune(i);
  });
  first.join();
  second.join();
  return frontend.limit() == backend.limit() ? 0 : 1;
}
