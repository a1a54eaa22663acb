// gridlock: mode=static,runtime  expect-none: data-race
//
// Both sides lock the object's own mutex.
#include <mutex>
#include <thread>

class Downloader {
 public:
  void start() { thread_ = std::thread(&Downloader::run, this); }
  void stop() { thread_.join(); }
  long received() const {
    std::lock_guard<std::mutex> guard(mutex_);
    return received_;
  }

 private:
  void run() {
    for (int i = 0; i < 1000; ++i) {
      std::lock_guard<std::mutex> guard(mutex_);
      received_ += 512;
    }
  }
  mutable std::mutex mutex_;
  std::thread thread_;
  long received_ = 0;
};

int main() {
  Downloader downloader;
  downloader.start();
  long shown = 0;
  for (int i = 0; i < 100; ++i) shown = downloader.received();
  downloader.stop();
  return shown >= 0 ? 0 : 1;
}
