// What the command line of `check` asks for, sorted and looked at before any work begins.
#pragma once

#include <string>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/extract/compile_command.h"
#include "analyzer/model/result.h"

namespace gridlock::cli {

struct CheckInputs {
  std::vector<extract::CompileCommand> commands;
  std::vector<std::string> facts;     // facts files
  std::vector<std::string> binaries;  // ELF files and archives
  std::string root;                   // real path
};

// `build` and `root` are empty where they were not given. Errors: a file that is not there, a folder, no
// database, a file that is not in it.
Result<CheckInputs> gatherInputs(const std::vector<std::string>& files, const std::string& build,
                                 const std::string& root, const Invocation& invocation);

}  // namespace gridlock::cli
