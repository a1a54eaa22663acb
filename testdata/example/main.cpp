// A small bank. Two tellers move money and book it; a clock thread refreshes the exchange rates.
//   bank          a quiet day: it ends well, every time (nearly)
//   bank --rush   rush hour: both tellers are busy with the same two accounts, until they hang
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "ledger.h"
#include "rates.h"

using namespace std::chrono_literals;

namespace {

void bookCustomers(bank::Ledger& ledger) {
  for (int customer = 0; customer < 100; ++customer) {
    ledger.book(customer % 2 ? "USD" : "EUR", 10);
  }
}

// Long enough that the two tellers are sure to meet.
void moveMoneyForTenSeconds(bank::Account& from, bank::Account& to) {
  const auto closing_time = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < closing_time) {
    bank::transfer(from, to, 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool rush = argc > 1 && std::strcmp(argv[1], "--rush") == 0;
  bank::RateCache rates;
  bank::Ledger ledger(rates);
  rates.reportTo(ledger);
  bank::Account checking(100000);
  bank::Account savings(100000);

  std::thread first([&] {
    bookCustomers(ledger);
    if (rush) {
      moveMoneyForTenSeconds(checking, savings);
    }
  });
  std::thread second([&] {
    bookCustomers(ledger);
    if (rush) {
      moveMoneyForTenSeconds(savings, checking);
    }
  });
  std::thread clock([&] {
    // On a quiet day the tellers are done by then; in rush hour it has to wait until they are.
    std::this_thread::sleep_for(rush ? 11s : 200ms);
    rates.refresh();
  });
  first.join();
  second.join();
  clock.join();

  std::printf("checking %ld, savings %ld, booked %ld, %ld look-ups since the last refresh\n",
              checking.balance(), savings.balance(), ledger.total(), rates.lookups());
  return 0;
}
