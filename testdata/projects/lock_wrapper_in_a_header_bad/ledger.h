#pragma once
#include "guard.h"

struct Ledger {
  Mutex mutex;
  long sum = 0;
  long entries = 0;
};

void book(Ledger &ledger, long amount);
void audit(Ledger &ledger);
