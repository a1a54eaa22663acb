#pragma once
#include <mutex>
#include <string>

class Session {
 public:
  Session(const std::string &name) : name_(name) {}
  void login(const std::string &user);
  void logout();
  std::string user() const;
  const std::string &name() const { return name_; }

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  std::string user_;
  bool active_ = false;
};

// A plain value: not meant to be shared, and has nothing that says so.
struct Limits {
  int users = 10;
  void grow() { users *= 2; }
};
