// gridlock: mode=static
//
// A connection counts its bytes on the event loop; the worker, to which it posted its request, counts on the
// same connection.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

class Worker {
 public:
  Worker() : thread_([this] { run(); }) {}
  ~Worker() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> job) {
    std::lock_guard<std::mutex> guard(mutex_);
    jobs_.push_back(std::move(job));
    wake_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return !jobs_.empty(); });
      std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      if (!job) return;
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::thread thread_;
};

struct Connection {
  long bytes = 0;
  void received(long n) { bytes += n; }  // expect: data-race
  void sent(long n) { bytes -= n; }      // expect: data-race
};

int main() {
  Connection connection;
  {
    Worker worker;
    for (int i = 0; i < 300; ++i) {
      worker.post([&connection] { connection.sent(10); });
      connection.received(10);
    }
  }
  return connection.bytes == 0 ? 0 : 1;
}
