// gridlock: mode=static
//
// The parser is made on first use, behind a bool that nobody guards.
#include <memory>
#include <mutex>
#include <string>
#include <thread>

class Parser {
 public:
  int parse(const std::string &text) const { return static_cast<int>(text.size()) + base_; }

 private:
  int base_ = 7;
};

class Service {
 public:
  int handle(const std::string &request) { return parser().parse(request); }

 private:
  const Parser &parser() {
    if (!built_) {
      parser_ = std::make_unique<Parser>();  // also: data-race
      built_ = true;  // expect: data-race
    }
    return *parser_;  // also: data-race
  }
  bool built_ = false;
  std::unique_ptr<Parser> parser_;
};

int main() {
  Service service;
  std::thread a([&] { service.handle("GET /"); });
  std::thread b([&] { service.handle("POST /"); });
  a.join();
  b.join();
}
