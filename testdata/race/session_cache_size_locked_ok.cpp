// gridlock: mode=static,runtime  expect-none: data-race, inconsistent-guard
//
// The repair: size() locks too; the mutex is mutable so that it may.
#include <map>
#include <mutex>
#include <string>
#include <thread>

class SessionCache {
 public:
  void put(int id, std::string user) {
    std::lock_guard<std::mutex> guard(mutex_);
    sessions_[id] = std::move(user);
  }
  std::string get(int id) {
    std::lock_guard<std::mutex> guard(mutex_);
    auto found = sessions_.find(id);
    return found == sessions_.end() ? std::string() : found->second;
  }
  std::size_t size() const {
    std::lock_guard<std::mutex> guard(mutex_);
    return sessions_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<int, std::string> sessions_;
};

int main() {
  SessionCache cache;
  std::thread logins([&] {
    for (int i = 0; i < 500; ++i) cache.put(i, "user");
  });
  std::size_t seen = 0;
  for (int i = 0; i < 500; ++i) seen += cache.size();
  logins.join();
  return seen > 1000000 ? 1 : 0;
}
