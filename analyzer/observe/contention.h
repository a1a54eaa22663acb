// Critical sections that cost other threads much waiting, as notes: one for each lock.
#pragma once

#include <cstddef>

#include "analyzer/model/report.h"

namespace gridlock::observe {

// Looks at the critical sections of one record, those from `first` on.
void addContention(model::Report& report, std::size_t first);

}  // namespace gridlock::observe
