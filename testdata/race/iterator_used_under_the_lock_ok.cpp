// gridlock: mode=static  expect-none: data-race
//
// The iterator is found and read under the lock.
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

class Directory {
 public:
  void move(const std::string &name, int floor) {
    std::lock_guard guard(mutex_);
    floors_[name] = floor;
  }
  int lookup(const std::string &name) {
    std::unique_lock lock(mutex_);
    auto it = floors_.find(name);
    if (it == floors_.end()) return -1;
    return it->second;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, int> floors_;
};

int main() {
  Directory directory;
  directory.move("ada", 1);
  std::thread mover([&] {
    for (int i = 0; i < 1000; ++i) directory.move("ada", i % 7);
  });
  long sum = 0;
  for (int i = 0; i < 1000; ++i) sum += directory.lookup("ada");
  mover.join();
  return sum < 0;
}
