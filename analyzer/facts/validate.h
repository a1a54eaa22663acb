// Checks that the indices of a unit that came from outside lead somewhere and end.
//
// After it, link may follow every index of a unit without looking, and may follow operands of
// values, elements and arguments of types, and lambda parents until they end.
#pragma once

#include <optional>
#include <string>

#include "analyzer/facts/facts.h"

namespace gridlock::facts {

// What is wrong, as "functions[3].instructions[7]: path 99 of 12"; nothing when all is well.
std::optional<std::string> findFault(const Unit& unit);

}  // namespace gridlock::facts
