#include "plugin.h"

namespace {
long count;

class Meter : public Plugin {
 public:
  void poll() override { ++count; }  // expect: data-race
};
}  // namespace

std::unique_ptr<Plugin> makeMeter() { return std::make_unique<Meter>(); }
long readings() { return count; }  // also: data-race
