// gridlock: mode=static,runtime  expect-none: data-race
//
// What was taken from the pool belongs to the taker until it is given back.
#include <mutex>
#include <thread>
#include <vector>

struct Buffer {
  int used = 0;
};

class BufferPool {
 public:
  Buffer *take() {
    std::lock_guard<std::mutex> guard(mutex_);
    if (free_.empty()) return new Buffer;
    Buffer *buffer = free_.back();
    free_.pop_back();
    return buffer;
  }
  void giveBack(Buffer *buffer) {
    std::lock_guard<std::mutex> guard(mutex_);
    free_.push_back(buffer);
  }

 private:
  std::mutex mutex_;
  std::vector<Buffer *> free_;
};

static BufferPool pool;

static void work() {
  for (int i = 0; i < 500; ++i) {
    Buffer *buffer = pool.take();
    buffer->used += i;  // expect-false-alarm: data-race via=static
    buffer->used = 0;
    pool.giveBack(buffer);
  }
}

int main() {
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
