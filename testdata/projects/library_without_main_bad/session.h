#pragma once
#include <mutex>
#include <string>

class Session {
 public:
  void login(const std::string &user);
  void logout();
  std::string user() const;
  bool active() const;

 private:
  mutable std::mutex mutex_;
  std::string user_;
  bool active_ = false;
};
