#include "ledger.h"

void audit(Ledger &ledger) {
  Scoped<Mutex> guard(ledger.mutex);
  if (ledger.entries > 0) ledger.sum -= 1;
  guard.drop();
}
