// gridlock: mode=static,runtime locks=recursive,std_recursive,std_recursive_timed  expect-none: self-deadlock
//
// The same registry with a recursive lock: entering twice is what that lock is for.
#include <map>
#include <string>

#include "support/lock_under_test.h"

class Registry {
 public:
  Registry() { lock_init(lock_); }

  void add(const std::string &name, int value) {
    acquire(lock_);
    entries_[name] = value;
    if (entries_.size() > 2) evict(name);
    release(lock_);
  }

  void evict(const std::string &keep) {
    acquire(lock_);
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      entry = entry->first == keep ? std::next(entry) : entries_.erase(entry);
    }
    release(lock_);
  }

 private:
  TestedLock lock_;
  std::map<std::string, int> entries_;
};

int main() {
  Registry registry;
  registry.add("one", 1);
  registry.add("two", 2);
  registry.add("three", 3);
  return 0;
}
