// gridlock: mode=static,runtime  expect-none: self-deadlock, lock-order-cycle
//
// The registry copies its handlers under the lock and calls them without.
#include "handlers.h"
#include "registry.h"

int main(void) {
  registry_add(on_event);
  registry_fire(0);
  registry_fire(1);
  return last_count == 1 ? 0 : 1;
}
