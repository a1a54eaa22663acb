// What `report` and `diff` read: report JSON, flight records, and folders of records.
#pragma once

#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::cli {

// One report for each JSON file, and one for all records together. Told apart by content. A folder
// gives its records; reports that lie in it are read, too.
Result<std::vector<model::Report>> readInputs(const std::vector<std::string>& names);

}  // namespace gridlock::cli
