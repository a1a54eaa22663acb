// gridlock: mode=static,runtime locks=mutex,adaptive,std_mutex,spin,std_timed validate=none
//
// A registry whose public methods each take the lock; one of them calls another. The second acquisition
// never returns.
#include <map>
#include <string>

#include "support/lock_under_test.h"

class Registry {
 public:
  Registry() { lock_init(lock_); }

  void add(const std::string &name, int value) {
    acquire(lock_);  // also: self-deadlock
    entries_[name] = value;
    if (entries_.size() > 2) evict(name);
    release(lock_);
  }

  void evict(const std::string &keep) {
    acquire(lock_);  // expect: self-deadlock
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
  registry.add("three", 3);  // also: self-deadlock
  return 0;
}
