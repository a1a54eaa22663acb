// gridlock: mode=static,runtime locks=mutex,std_mutex,spin  expect-none: self-deadlock, lock-not-released
//
// The usual repair: a private method that expects the lock to be held.
#include <map>
#include <string>

#include "support/lock_under_test.h"

class Registry {
 public:
  Registry() { lock_init(lock_); }

  void add(const std::string &name, int value) {
    acquire(lock_);
    entries_[name] = value;
    if (entries_.size() > 2) evictLocked(name);
    release(lock_);
  }

  void evict(const std::string &keep) {
    acquire(lock_);
    evictLocked(keep);
    release(lock_);
  }

 private:
  void evictLocked(const std::string &keep) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      entry = entry->first == keep ? std::next(entry) : entries_.erase(entry);
    }
  }

  TestedLock lock_;
  std::map<std::string, int> entries_;
};

int main() {
  Registry registry;
  registry.add("one", 1);
  registry.add("two", 2);
  registry.add("three", 3);
  registry.evict("one");
  return 0;
}
