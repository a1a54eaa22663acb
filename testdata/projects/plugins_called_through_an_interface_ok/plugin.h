#pragma once
#include <memory>
#include <vector>

class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual void poll() = 0;
};

std::unique_ptr<Plugin> makeClock();
std::unique_ptr<Plugin> makeMeter();
long readings();
