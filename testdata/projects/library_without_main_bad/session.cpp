// gridlock: mode=static validate=none
//
// A library: no main, no thread. The class has a lock, so it means to be shared; its public functions may be
// called from any thread, and one of them reads without the lock.
#include "session.h"

void Session::login(const std::string &user) {
  std::lock_guard<std::mutex> guard(mutex_);
  user_ = user;
  active_ = true;  // also: data-race, inconsistent-guard
}

void Session::logout() {
  std::lock_guard<std::mutex> guard(mutex_);
  user_.clear();
  active_ = false;  // also: data-race, inconsistent-guard
}

bool Session::active() const { return active_; }  // expect: data-race|inconsistent-guard
