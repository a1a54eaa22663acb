// Where system calls are made by number, the ones that forbid others are looked for.
#pragma once

namespace gridlock::runtime {

void noteRestriction(long number, const long* arguments);

}  // namespace gridlock::runtime
