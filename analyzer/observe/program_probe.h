// What can be said of a program before it is started: where it is, and whether a preloaded library
// reaches it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analyzer/model/result.h"

namespace gridlock::observe {

struct ProgramProbe {
  std::filesystem::path path;         // of the program itself
  std::filesystem::path interpreter;  // of a script: what runs it; else empty
  bool coverable = true;
  std::string why_not;                     // "is statically linked: …"; empty when coverable
  std::vector<std::string> preload_first;  // libraries that must come before the shim (ASan's)
};

// Looks `program` up as a shell does. An Error when there is no such program or it cannot be executed.
Result<ProgramProbe> probeProgram(const std::string& program);

// The libraries that an ELF file names in DT_NEEDED; empty for anything else. For tests.
std::vector<std::string> neededLibraries(const std::filesystem::path& file);

}  // namespace gridlock::observe
