// gridlock: mode=static,runtime validate=none
//
// The registry calls its handlers with its lock held; a handler in another unit asks the registry how many
// there are. The way back goes through a function pointer.
#include "handlers.h"
#include "registry.h"

int main(void) {
  registry_add(on_event);
  registry_fire(0);
  registry_fire(1);
  return 0;
}
