// Where annotations of guards could be written, and by which macros: what `check --fix` needs to know.
#pragma once

#include "analyzer/extract/symbols.h"
#include "analyzer/extract/types.h"

namespace gridlock::extract {

// After all types and symbols are known. Cost: linear in the fields and symbols of classes that own a lock.
void addAnnotationPlaces(UnitBuilder& builder, Types& types, Symbols& symbols);

}  // namespace gridlock::extract
