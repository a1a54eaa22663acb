// The few lines the shim itself prints, all on stderr and all beginning with "gridlock: ".
#pragma once

#include "runtime/base/print.h"

namespace gridlock::runtime {

void say(Line& line);
void say(const char* text);

}  // namespace gridlock::runtime
