// gridlock: mode=runtime locks=mutex,std_mutex,rwlock-write
//
// Two tables share forty buckets. Every pair of a table and a bucket is used again and again in one order,
// but one: the last table meets the last bucket once only, and another thread takes just these in reverse.
#include <thread>

#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

struct Counted {
  TestedLock lock = LOCK_INIT;
  int used = 0;
};

static constexpr int kTables = 2;
static constexpr int kBuckets = 40;
static Counted tables[kTables];
static Counted buckets[kBuckets];
static invisible_step turn = INVISIBLE_STEP_INIT;

static void use(Counted& table, Counted& bucket) {
  acquire(table.lock);
  acquire(bucket.lock);  // expect: lock-order-cycle
  ++bucket.used;
  release(bucket.lock);
  release(table.lock);
}

static void fill() {
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < kTables * kBuckets - 1; ++i) use(tables[i / kBuckets], buckets[i % kBuckets]);
  }
  use(tables[kTables - 1], buckets[kBuckets - 1]);
  invisible_step_advance(&turn);
}

static void rehash() {
  invisible_step_await(&turn, 1);
  acquire(buckets[kBuckets - 1].lock);
  acquire(tables[kTables - 1].lock);  // also: lock-order-cycle
  ++tables[kTables - 1].used;
  release(tables[kTables - 1].lock);
  release(buckets[kBuckets - 1].lock);
}

int main() {
  for (Counted& table : tables) lock_init(table.lock);
  for (Counted& bucket : buckets) lock_init(bucket.lock);
  std::thread filler(fill);
  std::thread rehasher(rehash);
  filler.join();
  rehasher.join();
  return 0;
}
