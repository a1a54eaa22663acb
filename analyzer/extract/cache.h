// The facts of units that have not changed since they were last extracted.
//
// An entry is found by flags, folder, root and this very build of the tool; it counts when every file
// that was read then has the same content, and every file that was looked for in vain is still
// missing (a new header can come before an old one). Looking costs one read per file and run, however
// many units share it. Entries are written whole or not at all; the cache may be deleted at any time,
// and a damaged entry is a miss.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "analyzer/extract/compile_command.h"

namespace gridlock::extract {

// What a unit's facts depend on beside its flags. Absolute paths.
struct Dependencies {
  std::set<std::string> read;
  std::set<std::string> missing;
};

class FactsCache {
 public:
  // An empty folder: no cache.
  FactsCache(std::string folder, std::string root);

  std::optional<std::string> find(const CompileCommand& command);
  void store(const CompileCommand& command, const Dependencies& dependencies, const std::string& facts);
  // What was made of units, by a hash of all that it depends on; kept beside the facts. The tool's
  // identity is added here.
  std::optional<std::string> findResult(std::uint64_t key) const;
  void storeResult(std::uint64_t key, const std::string& bytes) const;

  // Removes what was used longest ago when there is more than `most` bytes of it, and what writers that died
  // left. At most once an hour, whoever asks: a big folder takes longer to look through than a small check.
  void trim(std::uint64_t most);

  // $GRIDLOCK_CACHE (empty: none), $XDG_CACHE_HOME/gridlock or $HOME/.cache/gridlock.
  static std::string defaultFolder();

 private:
  std::string entryOf(const CompileCommand& command) const;
  std::string resultOf(std::uint64_t key) const;
  // 0 when it cannot be read.
  std::uint64_t contentOf(const std::string& file);

  std::string folder_;
  std::string root_;
  std::string tool_;  // this build
  std::unordered_map<std::string, std::uint64_t> contents_;
  std::unordered_map<std::string, bool> exists_;
};

}  // namespace gridlock::extract
