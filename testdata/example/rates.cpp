#include "rates.h"

#include "ledger.h"

namespace bank {

void RateCache::reportTo(Ledger& ledger) {
  std::lock_guard<std::mutex> lock(mutex_);
  ledger_ = &ledger;
}

long RateCache::rate(const std::string& currency) {
  ++lookups_;
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = rates_.find(currency);
  return found == rates_.end() ? 0 : found->second;
}

void RateCache::refresh() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [currency, cents] : rates_) {
    cents += 1;
  }
  lookups_ = 0;
  if (ledger_) {
    ledger_->note("rates refreshed");  // rates, then ledger
  }
}

long RateCache::lookups() {
  std::lock_guard<std::mutex> lock(mutex_);
  return lookups_;
}

}  // namespace bank
