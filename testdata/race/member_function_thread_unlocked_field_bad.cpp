// gridlock: mode=static
//
// The thread runs a member function; the object's owner calls another one at the same time.
#include <mutex>
#include <thread>

class Downloader {
 public:
  void start() { thread_ = std::thread(&Downloader::run, this); }
  void stop() { thread_.join(); }
  long received() const { return received_; }  // expect: data-race

 private:
  void run() {
    for (int i = 0; i < 1000; ++i) {
      std::lock_guard<std::mutex> guard(mutex_);
      received_ += 512;  // also: data-race
    }
  }
  std::mutex mutex_;
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
