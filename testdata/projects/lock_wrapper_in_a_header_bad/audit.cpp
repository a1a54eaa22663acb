#include "ledger.h"

void audit(Ledger &ledger) {
  Scoped<Mutex> guard(ledger.mutex);
  long entries = ledger.entries;
  guard.drop();
  if (entries > 0) ledger.sum -= 1;  // expect: data-race
}
