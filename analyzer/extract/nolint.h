// Comments that switch rules off: NOLINT, NOLINTNEXTLINE, NOLINTBEGIN … NOLINTEND.
#pragma once

#include "analyzer/extract/unit_builder.h"

namespace gridlock::extract {

// Of all files outside of system headers that the unit refers to.
void addNolints(UnitBuilder& builder);

}  // namespace gridlock::extract
