// gridlock: mode=static
//
// The custom deleter puts the buffer back into the free list under the pool's lock.
#include <array>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

class BufferPool {
 public:
  using Buffer = std::array<char, 256>;
  struct Return {
    BufferPool *pool;
    void operator()(Buffer *buffer) const { pool->giveBack(buffer); }
  };
  using Handle = std::unique_ptr<Buffer, Return>;

  Handle take() {
    std::lock_guard guard(mutex_);
    if (free_.empty()) return Handle(new Buffer{}, Return{this});
    Buffer *buffer = free_.back();
    free_.pop_back();
    return Handle(buffer, Return{this});
  }
  ~BufferPool() {
    for (Buffer *buffer : free_) delete buffer;
  }

 private:
  void giveBack(Buffer *buffer) {
    std::lock_guard guard(mutex_);
    free_.push_back(buffer);
  }
  std::mutex mutex_;
  std::vector<Buffer *> free_;
};

int main() {
  BufferPool pool;
  auto use = [&pool] {
    for (int i = 0; i < 500; ++i) {
      auto buffer = pool.take();
      (*buffer)[i % 256] = 'x';  // expect-false-alarm: data-race
    }
  };
  std::jthread a(use), b(use);
}
