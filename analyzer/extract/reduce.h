// Moves a lowered function into the unit and leaves behind what says nothing.
//
// Assignments to locals that no event, condition or value depends on are dropped, then blocks without
// instructions and branches whose ways are the same; results are renumbered. Loop depths are found on
// what remains.
#pragma once

#include "analyzer/extract/lowering.h"

namespace gridlock::extract {

facts::Function reduce(Lowering& lowering);

}  // namespace gridlock::extract
