// gridlock: mode=static validate=none  expect-none: data-race, inconsistent-guard
//
// A library whose shared class locks wherever it must; what is constant needs no lock, and the plain value type
// is nobody's shared state.
#include "session.h"

void Session::login(const std::string &user) {
  std::lock_guard<std::mutex> guard(mutex_);
  user_ = user;
  active_ = true;
}

void Session::logout() {
  std::lock_guard<std::mutex> guard(mutex_);
  user_.clear();
  active_ = false;
}
