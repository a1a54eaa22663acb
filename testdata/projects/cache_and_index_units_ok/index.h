#pragma once
#include <mutex>
#include <set>
#include <string>

class Cache;

class Index {
 public:
  void add(const std::string &key);
  int prune(Cache &cache);

 private:
  std::mutex mutex_;
  std::set<std::string> keys_;
};
