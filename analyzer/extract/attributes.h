// Clang's thread-safety attributes as facts, their arguments as paths from the declaration.
#pragma once

#include "analyzer/extract/symbols.h"
#include "analyzer/extract/types.h"

namespace gridlock::extract {

// Of all symbols and fields that the unit has come to know.
void addAttributes(UnitBuilder& builder, Types& types, Symbols& symbols);

}  // namespace gridlock::extract
