// gridlock: mode=static  expect-none: data-race
//
// The parser is made on first use, by call_once.
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
    std::call_once(once_, [this] { parser_ = std::make_unique<Parser>(); });
    return *parser_;
  }
  std::once_flag once_;
  std::unique_ptr<Parser> parser_;
};

int main() {
  Service service;
  std::thread a([&] { service.handle("GET /"); });
  std::thread b([&] { service.handle("POST /"); });
  a.join();
  b.join();
}
