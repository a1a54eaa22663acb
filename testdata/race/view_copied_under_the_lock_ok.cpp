// gridlock: mode=static  expect-none: data-race
//
// tail() returns a copy, made under the lock.
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

class LogBuffer {
 public:
  void append(std::string_view line) {
    std::lock_guard guard(mutex_);
    text_ += line;
  }
  std::string tail() {
    std::lock_guard guard(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

int main() {
  LogBuffer buffer;
  buffer.append("a first line that is long enough for the heap\n");
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) buffer.append("another line\n");
  });
  int newlines = 0;
  for (int i = 0; i < 50; ++i) {
    auto tail = buffer.tail();
    for (char c : tail) newlines += c == '\n';
  }
  writer.join();
  return newlines == 0;
}
