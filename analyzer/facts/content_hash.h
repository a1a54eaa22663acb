// The hash of a function's content as names, not indices: equal across units for equal bodies.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/facts/facts.h"

namespace gridlock::facts {

// Fills Function::content_hash of every function. Cost: linear in the size of the unit.
void fillContentHashes(Unit& unit);

}  // namespace gridlock::facts
