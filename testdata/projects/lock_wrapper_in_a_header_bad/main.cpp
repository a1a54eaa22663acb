// gridlock: mode=static
//
// A home-made guard template that can be dropped early: audit.cpp drops it one line too soon.
#include <thread>

#include "ledger.h"

int main() {
  Ledger ledger;
  std::thread clerk([&] {
    for (int i = 0; i < 1000; ++i) book(ledger, i);
  });
  std::thread auditor([&] {
    for (int i = 0; i < 1000; ++i) audit(ledger);
  });
  clerk.join();
  auditor.join();
  return 0;
}
