// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// The same home-made guard, dropped after the last access.
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
  return ledger.entries == 1000 ? 0 : 1;
}
