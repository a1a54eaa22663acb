// Loads reports that tests wrote; each one is validated against the published schema.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "analyzer/model/result.h"

namespace gridlock::support {

// Parses the file and validates it; the error names the place in the report.
Result<nlohmann::json> loadReport(const std::filesystem::path& file);

// Validates one file against analyzer/report/report.schema.json, by one long-running helper process
// for each test program (python3-jsonschema, an implementation that is not ours).
Status validateReport(const std::filesystem::path& file);

}  // namespace gridlock::support
