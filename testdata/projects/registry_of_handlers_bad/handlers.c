#include "handlers.h"

#include "registry.h"

int last_count;

void on_event(int event) {
  if (event > 0) last_count = registry_count();  // also: self-deadlock
}
