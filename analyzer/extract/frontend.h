// Compile commands to facts: one unit in this process, or many on all cores.
//
// `extractUnits` parses each unit in a process of its own, so that a crash, a memory blow-up or an
// endless template costs that unit only.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "analyzer/extract/cache.h"
#include "analyzer/extract/compile_command.h"
#include "analyzer/facts/facts.h"
#include "analyzer/model/result.h"

namespace gridlock::extract {

struct FrontendOptions {
  std::string root;  // project's root; file names are relative to it
  std::string tool_version;
  std::string cache_folder;  // empty: no cache
  unsigned jobs = 1;
  std::chrono::seconds time_limit{300};             // per unit; 0: none
  std::size_t memory_limit = std::size_t{6} << 30;  // address space per unit, bytes; 0: none
  // Called in the unit's process once it has been parsed, with what it depends on.
  std::function<void(const Dependencies&)> dependencies;
  // Called in the parent after each unit: done, all, its file.
  std::function<void(std::size_t, std::size_t, const std::string&)> progress;
};

struct ExtractedUnit {
  std::string file;   // relative to the root
  std::string bytes;  // facts as written by facts::writeUnit; empty when there are none
  std::string error;  // why there are none, or what did not parse; empty when all is well
  bool cached = false;
};

struct Extraction {
  std::vector<ExtractedUnit> units;  // in the order of the commands
  std::map<std::string, int> dropped_flags;
};

// In this process. Parse errors are in Unit::errors; an error means that there are no facts at all.
// `dependencies`, if given, gets what the facts depend on.
Result<facts::Unit> extractUnit(const CompileCommand& command, const FrontendOptions& options,
                                Dependencies* dependencies = nullptr);

Extraction extractUnits(const std::vector<CompileCommand>& commands, const FrontendOptions& options);

// The top folder of the repository that `path` is in (.git, .hg, .svn …), else `path` itself; real path.
std::string findRoot(const std::string& path);

// `file` as facts name it.
std::string nameRelativeTo(const std::string& file, const std::string& root);

}  // namespace gridlock::extract
