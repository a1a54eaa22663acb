#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

class Store {
 public:
  Store();
  ~Store();
  void set(const std::string &key, int value);
  int get(const std::string &key);
  long flushes() const;

 private:
  void flushLoop();

  std::mutex mutex_;
  std::condition_variable dirty_;
  std::map<std::string, int> values_;
  bool changed_ = false;
  bool closing_ = false;
  long flushes_ = 0;
  std::thread writer_;
};
