// gridlock: mode=static,runtime  expect-none: data-race, deadlock, lost-wakeup
//
// The same store; the count is kept in a local and added under the lock.
#include "store.h"

int main() {
  Store store;
  long seen = 0;
  for (int i = 0; i < 300; ++i) {
    store.set("key" + std::to_string(i % 7), i);
    seen = store.flushes();
  }
  return seen >= 0 && store.get("key1") > 0 ? 0 : 1;
}
