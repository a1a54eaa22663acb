// gridlock: mode=static
//
// Double-checked locking with a plain pointer: the first look is not ordered with the write, so another
// thread may see the pointer before the object.
#include <mutex>
#include <thread>

class Config {
 public:
  static Config *get() {
    if (!instance_) {  // expect: data-race
      std::lock_guard<std::mutex> guard(mutex_);
      if (!instance_) instance_ = new Config;  // also: data-race
    }
    return instance_;  // also: data-race
  }
  int port() const { return port_; }

 private:
  static std::mutex mutex_;
  static Config *instance_;
  int port_ = 8080;  // also: data-race
};

std::mutex Config::mutex_;
Config *Config::instance_;

int main() {
  int ports[2];
  std::thread first([&] { ports[0] = Config::get()->port(); });
  std::thread second([&] { ports[1] = Config::get()->port(); });
  first.join();
  second.join();
  return ports[0] == ports[1] ? 0 : 1;
}
