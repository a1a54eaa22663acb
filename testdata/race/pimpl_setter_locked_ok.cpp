// gridlock: mode=static  expect-none: data-race
//
// The implementation is hidden behind a pointer; all its methods lock.
#include <memory>
#include <mutex>
#include <string>
#include <thread>

class Client {
 public:
  Client();
  ~Client();
  void setToken(std::string token);
  std::string request(const std::string &path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Client::Impl {
  std::mutex mutex;
  std::string token;
};

Client::Client() : impl_(std::make_unique<Impl>()) {}
Client::~Client() = default;
void Client::setToken(std::string token) {
  std::lock_guard guard(impl_->mutex);
  impl_->token = std::move(token);
}
std::string Client::request(const std::string &path) {
  std::lock_guard guard(impl_->mutex);
  return path + "?" + impl_->token;
}

int main() {
  Client client;
  std::thread refresher([&client] {
    for (int i = 0; i < 300; ++i) client.setToken("a long token with number " + std::to_string(i));
  });
  std::size_t length = 0;
  for (int i = 0; i < 300; ++i) length += client.request("/index").size();
  refresher.join();
  return length == 0;
}
