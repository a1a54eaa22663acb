#pragma once
#include <map>
#include <mutex>
#include <string>

class Index;

class Cache {
 public:
  explicit Cache(Index &index) : index_(index) {}
  void put(const std::string &key, int value);
  bool contains(const std::string &key);

 private:
  std::mutex mutex_;
  Index &index_;
  std::map<std::string, int> entries_;
};
