// gridlock: mode=static  expect-none: data-race
//
// Readers use find() of the map under the shared lock.
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>

class DnsCache {
 public:
  void store(const std::string &host, int address) {
    std::unique_lock lock(mutex_);
    entries_[host] = address;
  }
  int lookup(const std::string &host) {
    std::shared_lock lock(mutex_);
    auto it = entries_.find(host);
    return it == entries_.end() ? 0 : it->second;
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, int> entries_;
};

int main() {
  DnsCache cache;
  cache.store("host0", 1);
  auto resolve = [&cache](int from) {
    for (int i = from; i < from + 200; ++i) cache.lookup("host" + std::to_string(i));
  };
  std::thread a(resolve, 0), b(resolve, 100);
  a.join();
  b.join();
}
