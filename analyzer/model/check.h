// Checks the promise of the model: ids are unique, and every reference leads somewhere.
#pragma once

#include <optional>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::model {

// The first id that is given twice or that is referred to and not there; `place` is the JSON
// pointer of it. Linear in the size of the report.
std::optional<Error> brokenReference(const Report& report);

}  // namespace gridlock::model
