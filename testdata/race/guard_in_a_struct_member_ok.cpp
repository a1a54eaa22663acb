// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released
//
// A transaction object keeps the unique_lock as a member: the lock is held as long as the object lives.
#include <map>
#include <mutex>
#include <string>
#include <thread>

class Store {
 public:
  class Transaction {
   public:
    explicit Transaction(Store &store) : store_(store), lock_(store.mutex_) {}
    void set(const std::string &key, int value) { store_.values_[key] = value; }
    int get(const std::string &key) { return store_.values_[key]; }

   private:
    Store &store_;
    std::unique_lock<std::mutex> lock_;
  };
  Transaction begin() { return Transaction(*this); }

 private:
  std::mutex mutex_;
  std::map<std::string, int> values_;
};

int main() {
  Store store;
  auto work = [&] {
    for (int i = 0; i < 200; ++i) {
      Store::Transaction transaction = store.begin();
      transaction.set("count", transaction.get("count") + 1);
    }
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return store.begin().get("count") == 400 ? 0 : 1;
}
