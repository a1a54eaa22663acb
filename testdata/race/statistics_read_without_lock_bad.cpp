// gridlock: mode=static
//
// A connection table with statistics: all updates are locked, the status page reads two of them bare.
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

class Connections {
 public:
  void open(int fd) {
    std::lock_guard<std::mutex> guard(mutex_);
    peers_[fd] = "peer";
    ++opened_;  // also: data-race
  }
  void close(int fd) {
    std::lock_guard<std::mutex> guard(mutex_);
    peers_.erase(fd);
    ++closed_;  // also: data-race
  }
  long alive() const { return opened_ - closed_; }  // expect: data-race

 private:
  std::mutex mutex_;
  std::unordered_map<int, std::string> peers_;
  long opened_ = 0;
  long closed_ = 0;
};

int main() {
  Connections connections;
  std::thread server([&] {
    for (int i = 0; i < 500; ++i) {
      connections.open(i);
      connections.close(i);
    }
  });
  long alive = 0;
  for (int i = 0; i < 500; ++i) alive = connections.alive();
  server.join();
  return alive <= 500 ? 0 : 1;
}
