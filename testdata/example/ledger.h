// Accounts, and the ledger in which every movement of money is booked.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace bank {

class RateCache;

class Account {
 public:
  explicit Account(long cents) : balance_(cents) {}
  long balance();

 private:
  friend void transfer(Account& from, Account& to, long cents);
  std::mutex mutex_;
  long balance_;
};

// Moves money; both accounts are locked, so that no other thread sees it in neither or in both.
void transfer(Account& from, Account& to, long cents);

class Ledger {
 public:
  explicit Ledger(RateCache& rates) : rates_(rates) {}

  // Books `units` of a currency at today's rate.
  void book(const std::string& currency, long units);

  void note(const std::string& text);
  long total();

 private:
  std::mutex mutex_;
  RateCache& rates_;
  long total_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace bank
