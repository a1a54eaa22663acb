#include "session.h"

std::string Session::user() const {
  std::lock_guard<std::mutex> guard(mutex_);
  return user_ + "@" + name();
}
