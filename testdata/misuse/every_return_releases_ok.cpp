// gridlock: mode=static,runtime  expect-none: lock-not-released, unlock-not-held
//
// The same function with the unlock on both ways, and its shorter form with a guard.
#include <map>
#include <mutex>
#include <string>

class Table {
 public:
  int find(const std::string &key) {
    mutex_.lock();
    if (key.empty()) {
      mutex_.unlock();
      return -1;
    }
    auto found = rows_.find(key);
    int value = found == rows_.end() ? 0 : found->second;
    mutex_.unlock();
    return value;
  }
  int findGuarded(const std::string &key) {
    std::lock_guard<std::mutex> guard(mutex_);
    if (key.empty()) return -1;
    auto found = rows_.find(key);
    return found == rows_.end() ? 0 : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> rows_;
};

static Table table;

int main() {
  table.find("port");
  table.find("");
  table.findGuarded("");
  return table.findGuarded("port");
}
