// gridlock: mode=static,runtime
//
// flush() expects that its caller holds the lock and gives it back; one caller never took it.
#include <mutex>

class Writer {
 public:
  void write(int n) {
    mutex_.lock();
    pending_ += n;
    flush();
  }
  void close() { flush(); }  // also: unlock-not-held

 private:
  void flush() {
    pending_ = 0;
    mutex_.unlock();  // expect: unlock-not-held
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
