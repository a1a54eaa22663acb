// gridlock: mode=static,runtime  expect-none: data-race
//
// call_once computes it once, and orders it before every return from call_once.
#include <mutex>
#include <string>
#include <thread>

class Document {
 public:
  explicit Document(std::string text) : text_(std::move(text)) {}
  int wordCount() const {
    std::call_once(counted_, [this] {
      int n = 0;
      for (char c : text_) n += c == ' ';
      words_ = n + 1;
    });
    return words_;
  }

 private:
  std::string text_;
  mutable std::once_flag counted_;
  mutable int words_ = -1;
};

int main() {
  const Document document("a lock is a promise");
  int first_count = 0;
  int second_count = 0;
  std::thread first([&] { first_count = document.wordCount(); });
  std::thread second([&] { second_count = document.wordCount(); });
  first.join();
  second.join();
  return first_count == second_count ? 0 : 1;
}
