// Facts as text, for people who debug and for tests. Not a format: nothing reads it back.
#pragma once

#include <string>

#include "analyzer/facts/facts.h"

namespace gridlock::facts {

// The whole unit.
std::string dump(const Unit& unit);

// Parts of it, as `dump` writes them.
std::string dumpFunction(const Unit& unit, const Function& function);
std::string dumpPath(const Unit& unit, PathId path, const Function* function);
std::string dumpValue(const Unit& unit, ValueId value, const Function* function);

}  // namespace gridlock::facts
