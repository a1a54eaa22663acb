// gridlock: mode=static,runtime
//
// The early return for an empty key skips the unlock. This run takes that path once, at its end.
#include <map>
#include <mutex>
#include <string>

class Table {
 public:
  int find(const std::string &key) {
    mutex_.lock();                 // expect: lock-not-released
    if (key.empty()) return -1;    // also: lock-not-released  expect: lock-not-released via=static
    auto found = rows_.find(key);
    int value = found == rows_.end() ? 0 : found->second;
    mutex_.unlock();
    return value;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> rows_;
};

static Table table;

int main() {
  table.find("port");
  table.find("");
  return 0;
}
