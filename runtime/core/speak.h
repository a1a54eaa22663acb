// The few lines the shim itself prints, all on stderr and all beginning with "gridlock: ".
#pragma once

#include "runtime/base/print.h"

namespace gridlock::runtime {

// What descriptor 2 is at the start, so that lines go nowhere else later.
void rememberStderr();

void say(Line& line);
void say(const char* text);

}  // namespace gridlock::runtime
