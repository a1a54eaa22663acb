// Stacks as people see them: with inlined frames unfolded, and the frame that is theirs.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/model/report.h"

namespace gridlock::model {

// All frames of a site or of a stack, innermost first, inlined ones unfolded.
std::vector<Frame> framesOf(const Report& report, const Site& site);
std::vector<Frame> framesOf(const Report& report, const Stack& stack);

// Whether the frame lies in code that users do not write: system headers, the C library, the
// standard library.
bool inLibrary(const Frame& frame);

// The innermost frame that is not in a library; else the innermost one that has a file; else the
// innermost one.
Frame userFrame(const std::vector<Frame>& frames);

// Where a lock is taken: at the user's call, and, when that call goes through a wrapper of the
// user's own (`Mutex::Lock`, a guard's constructor), also at the primitive inside it.
struct Acquisition {
  Frame call;
  std::optional<Frame> primitive;
};
Acquisition acquisitionOf(const std::vector<Frame>& frames);

}  // namespace gridlock::model
