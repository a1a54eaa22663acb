// Reads an input file whole.
#pragma once

#include <string>

#include "analyzer/model/result.h"

namespace gridlock::cli {

// "-" is stdin. Folders and unreadable files are errors that name the file.
Result<std::string> readFile(const std::string& file);

}  // namespace gridlock::cli
