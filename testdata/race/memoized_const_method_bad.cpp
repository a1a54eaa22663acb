// gridlock: mode=static
//
// A const method that fills a mutable cache: const does not mean thread-safe.
#include <string>
#include <thread>

class Document {
 public:
  explicit Document(std::string text) : text_(std::move(text)) {}
  int wordCount() const {
    if (words_ < 0) {  // also: data-race
      int n = 0;
      for (char c : text_) n += c == ' ';
      words_ = n + 1;  // expect: data-race
    }
    return words_;  // also: data-race
  }

 private:
  std::string text_;
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
