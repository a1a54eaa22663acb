// Compiles scenarios, once: programs are kept in the build folder under a key made of everything
// that goes into them, so that a second test run compiles nothing.
//
// Safe to use from several test processes at once (a lock file for each key).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analyzer/model/result.h"
#include "tests/support/expect.h"

namespace gridlock::support {

struct BuildVariant {
  std::string lock = {};          // lock type under test; empty: none
  bool thread_sanitizer = false;  // for the validation of the scenarios themselves
};

// Flags for one unit, without the compiler and the file: what `gridlock check FILE -- FLAGS` gets.
std::vector<std::string> unitFlags(const Scenario& scenario, const std::filesystem::path& unit,
                                   const std::string& lock);

// The program of the scenario (`program`: one of a project with several).
Result<std::filesystem::path> buildProgram(const Scenario& scenario, const BuildVariant& variant,
                                           const std::string& program = "");

// Writes DIR/compile_commands.json for a project and gives DIR.
Result<std::filesystem::path> writeCompileDatabase(const Scenario& scenario, const std::string& lock);

// A folder for what a test writes, emptied first; below the build folder.
std::filesystem::path scratchFolder(const std::string& name);

}  // namespace gridlock::support
