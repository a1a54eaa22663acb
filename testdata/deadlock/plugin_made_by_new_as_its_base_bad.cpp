// gridlock: mode=static
//
// What new makes is kept as a pointer to its base.
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
  explicit Recorder(Host& h) : Plugin(h) {}
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
  App() { p_ = new Recorder(*this); }
  void log() override {
    std::lock_guard<std::mutex> g(m_);
    ++lines;
  }
  int describe() {
    std::lock_guard<std::mutex> g(m_);
    return p_->status();
  }
  std::mutex m_;
  Plugin* p_;
  int lines = 0;
};
int main() {
  App app;
  std::thread t([&] { app.p_->tick(); });
  app.describe();
  t.join();
}
