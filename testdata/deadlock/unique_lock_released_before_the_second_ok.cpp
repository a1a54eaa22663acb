// gridlock: mode=static,runtime  expect-none: lock-order-cycle
//
// The reverse side gives its first lock back before it takes the second: released early, moved away, or in
// an inner scope.
#include <mutex>
#include <thread>
#include <utility>

static std::mutex mail;
static std::mutex contacts;
static int letters;
static int people;

static void addContact() {
  std::lock_guard<std::mutex> first(mail);
  std::lock_guard<std::mutex> second(contacts);
  ++people;
}

static void unlockEarly() {
  std::unique_lock<std::mutex> lock(contacts);
  int count = people;
  lock.unlock();
  std::lock_guard<std::mutex> guard(mail);
  letters += count;
}

static void movedAway() {
  std::unique_lock<std::mutex> lock(contacts);
  {
    std::unique_lock<std::mutex> last = std::move(lock);
    ++people;
  }
  std::lock_guard<std::mutex> guard(mail);
  ++letters;
}

static void innerScope() {
  int count;
  {
    std::lock_guard<std::mutex> guard(contacts);
    count = people;
  }
  std::lock_guard<std::mutex> guard(mail);
  letters += count;
}

int main() {
  std::thread adder([] {
    for (int i = 0; i < 50; ++i) addContact();
  });
  std::thread reader([] {
    for (int i = 0; i < 50; ++i) {
      unlockEarly();
      movedAway();
      innerScope();
    }
  });
  adder.join();
  reader.join();
  return 0;
}
