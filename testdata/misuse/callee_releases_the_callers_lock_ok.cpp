// gridlock: mode=static,runtime  expect-none: unlock-not-held, lock-not-released
//
// The lock is taken in one function and dropped in another by agreement; every caller keeps to it.
#include <mutex>

class Writer {
 public:
  void write(int n) {
    mutex_.lock();
    pending_ += n;
    flushAndUnlock();
  }
  void close() {
    mutex_.lock();
    flushAndUnlock();
  }

 private:
  void flushAndUnlock() {
    pending_ = 0;
    mutex_.unlock();
  }
  std::mutex mutex_;
  int pending_ = 0;
};

int main() {
  Writer writer;
  writer.write(3);
  writer.close();
  return 0;
}
