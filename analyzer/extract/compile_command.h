// Compile commands: from a database or from the command line, made fit for extraction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyzer/model/result.h"

namespace gridlock::extract {

struct CompileCommand {
  std::string directory;               // absolute
  std::string file;                    // absolute, without dots
  std::vector<std::string> arguments;  // the compiler first
};

// Reads compile_commands.json of a build directory (or the file itself). Response files are
// expanded. Entries in the order of the database; the same command twice is taken once.
Result<std::vector<CompileCommand>> readCompileDatabase(const std::string& path);

// The command for a file that no database names.
CompileCommand commandFor(const std::string& file, const std::vector<std::string>& flags);

// The commands of `file` (relative to the working directory) in a database.
std::vector<CompileCommand> commandsOf(const std::vector<CompileCommand>& database, const std::string& file);

// What Clang is called with: without outputs, dependency files, warnings and flags that Clang does not
// know (counted in `dropped`), and lenient about what gcc accepts.
std::vector<std::string> extractionArguments(const CompileCommand& command,
                                             std::map<std::string, int>& dropped);

}  // namespace gridlock::extract
