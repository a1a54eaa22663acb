#include "ledger.h"

#include "rates.h"

namespace bank {

long Account::balance() {
  std::lock_guard<std::mutex> lock(mutex_);
  return balance_;
}

void transfer(Account& from, Account& to, long cents) {
  std::lock_guard<std::mutex> lock_from(from.mutex_);
  std::lock_guard<std::mutex> lock_to(to.mutex_);
  from.balance_ -= cents;
  to.balance_ += cents;
}

void Ledger::book(const std::string& currency, long units) {
  std::lock_guard<std::mutex> lock(mutex_);
  total_ += units * rates_.rate(currency);  // ledger, then rates
}

void Ledger::note(const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex_);
  notes_.push_back(text);
}

long Ledger::total() {
  std::lock_guard<std::mutex> lock(mutex_);
  return total_;
}

}  // namespace bank
