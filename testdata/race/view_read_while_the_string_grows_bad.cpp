// gridlock: mode=static
//
// tail() returns a string_view into the log buffer, which grows meanwhile.
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
  std::string_view tail() {
    std::lock_guard guard(mutex_);
    return std::string_view(text_);
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
    for (char c : tail) newlines += c == '\n';  // expect: data-race
  }
  writer.join();
  return newlines == 0;
}
