// gridlock: mode=static
//
// The base class always locks; the override that a colleague added does not.
#include <memory>
#include <mutex>
#include <thread>

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(int bytes) {
    std::lock_guard<std::mutex> guard(mutex_);
    written_ += bytes;  // also: data-race
  }
  long written() {
    std::lock_guard<std::mutex> guard(mutex_);
    return written_;  // also: data-race
  }

 protected:
  std::mutex mutex_;
  long written_ = 0;
};

class FastSink : public Sink {
 public:
  void write(int bytes) override { written_ += bytes; }  // expect: data-race
};

int main() {
  std::unique_ptr<Sink> sink = std::make_unique<FastSink>();
  auto work = [&] {
    for (int i = 0; i < 500; ++i) sink->write(i);
  };
  std::thread first(work);
  std::thread second(work);
  long seen = sink->written();
  first.join();
  second.join();
  return seen >= 0 ? 0 : 1;
}
