// gridlock: mode=static,runtime locks=mutex,std_mutex,spin  expect-none: lock-order-cycle, data-race
//
// A sorted list with a lock in each node, walked hand over hand and always forward.
#include <thread>

#include "support/lock_under_test.h"

struct Node {
  explicit Node(int v) : value(v) { lock_init(lock); }
  TestedLock lock;
  int value;
  Node *next = nullptr;
};

static Node head(-1);

static void insert(int value) {
  Node *fresh = new Node(value);
  Node *previous = &head;
  acquire(previous->lock);
  while (Node *current = previous->next) {
    acquire(current->lock);
    if (current->value >= value) {
      release(current->lock);
      break;
    }
    release(previous->lock);
    previous = current;
  }
  fresh->next = previous->next;
  previous->next = fresh;  // expect-false-alarm: data-race via=static
  release(previous->lock);
}

static void insertMany(int first, int step) {
  for (int i = 0; i < 20; ++i) insert(first + i * step);
}

int main() {
  std::thread even(insertMany, 0, 2);
  std::thread odd(insertMany, 1, 2);
  even.join();
  odd.join();
  return 0;
}
