// gridlock: mode=static  expect-none: unused-guard, data-race, lock-not-released
//
// The guard has no name, but an owner: it is handed by value to an object that keeps it.
#include <mutex>
#include <thread>

class Locked {
 public:
  Locked(int &value, std::unique_lock<std::mutex> guard) : value_(&value), guard_(std::move(guard)) {}
  int &operator*() { return *value_; }

 private:
  int *value_;
  std::unique_lock<std::mutex> guard_;
};

static std::mutex mutex;
static int visits;

static Locked lockedVisits() { return Locked(visits, std::unique_lock<std::mutex>(mutex)); }

static void visit() {
  auto locked = lockedVisits();
  ++*locked;
}

int main() {
  std::thread first(visit), second(visit);
  first.join();
  second.join();
  return visits == 2 ? 0 : 1;
}
