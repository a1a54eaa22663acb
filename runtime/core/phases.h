// Barriers order what their members do before from what they do after, as a join does: all that came to a
// barrier ended a segment there, and each of them begins one behind all of those.
#pragma once

#include "runtime/core/lock_table.h"

namespace gridlock::runtime {

// One round of a barrier.
struct Phase {
  std::uint32_t slot = 0;
  std::uint32_t barrier = 0;  // 0: the round is not followed
};

// About to wait, and past the wait.
Phase arriving(const Object& barrier);
void passed(Phase phase);

void phasesAfterFork();

}  // namespace gridlock::runtime
