// gridlock: mode=static
//
// The host's address reaches the plugin by a constructor that its class inherits.
#include <memory>
#include <mutex>
#include <thread>
struct Host {
  virtual ~Host() = default;
  virtual void log() = 0;
};
struct Plugin {
  explicit Plugin(Host& h) : host_(h) {}
  virtual ~Plugin() = default;
  virtual void tick() = 0;
  virtual int status() = 0;
  Host& host_;
};
struct Recorder : Plugin {
  using Plugin::Plugin;
  void tick() override {
    std::lock_guard<std::mutex> g(m_);  // expect: lock-order-cycle
    ++n;
    host_.log();
  }
  int status() override {
    std::lock_guard<std::mutex> g(m_);
    return n;
  }
  std::mutex m_;
  int n = 0;
};
struct App : Host {
  App() { p_ = std::make_unique<Recorder>(*this); }
  void log() override {
    std::lock_guard<std::mutex> g(m_);
    ++lines;
  }
  int describe() {
    std::lock_guard<std::mutex> g(m_);
    return p_->status();
  }
  std::mutex m_;
  std::unique_ptr<Plugin> p_;
  int lines = 0;
};
int main() {
  App app;
  std::thread t([&] { app.p_->tick(); });
  app.describe();
  t.join();
}
