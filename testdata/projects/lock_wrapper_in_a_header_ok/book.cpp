#include "ledger.h"

void book(Ledger &ledger, long amount) {
  Scoped<Mutex> guard(ledger.mutex);
  ledger.sum += amount;
  ++ledger.entries;
}
