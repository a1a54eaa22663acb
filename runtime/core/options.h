// The shim's settings: options.def, read once from GRIDLOCK_OPTIONS. What cannot be understood costs
// one line on stderr and nothing else.
#pragma once

#include <cstdint>

namespace gridlock::runtime {

enum class OnDeadlock : std::uint8_t { kReport, kAbort, kExit };

struct Options {
  using Flag = bool;
  using Number = std::uint32_t;
  struct Text {
    char text[240];
    bool empty() const { return text[0] == '\0'; }
  };
#define OPTION(type, name, preset, help) type name = {preset};
  using OnDeadlock = runtime::OnDeadlock;
#include "runtime/core/options.def"
#undef OPTION
};

extern Options options;

void readOptions();

// A variable of the environment, or nullptr; always nullptr in a setuid program.
const char* environment(const char* name);

bool isSecureExecution();

}  // namespace gridlock::runtime
