// gridlock: mode=static
//
// A store with a writer thread in its own unit. The slow part of the flush runs without the lock, as it should,
// and counts there, as it should not: the console reads that count.
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
