// Programs and libraries that carry facts: which file gives which units.
//
// A program is read with the shared libraries it asks for, found as the dynamic loader finds them:
// RUNPATH or RPATH, LD_LIBRARY_PATH, /etc/ld.so.conf, the system's folders. Libraries of the system carry
// no facts as a rule, and that is no news; one that is not found is.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "analyzer/facts/facts.h"
#include "analyzer/facts/object_file.h"
#include "analyzer/model/result.h"

namespace gridlock::cli {

struct BinaryFacts {
  facts::ObjectKind kind = facts::ObjectKind::Other;
  std::vector<facts::Unit> units;
  std::vector<Error> errors;             // chunks and members that could not be read
  std::vector<std::string> not_found;    // shared libraries
  std::uint64_t content = 0;             // a hash of all facts in it
  std::set<std::string> libraries_read;  // real paths of the shared libraries
};

// An error: the file itself cannot be read as what it says it is, or neither it nor its libraries
// carry facts.
Result<BinaryFacts> readBinary(const std::string& file);

bool looksLikeBinary(const std::string& file);

}  // namespace gridlock::cli
