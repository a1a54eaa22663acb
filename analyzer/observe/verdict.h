// What the wait-for graph of a record says, in members that keep what they say.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/observe/record_file.h"
#include "analyzer/observe/record_reader.h"
#include "gridlock/wait_graph.h"

namespace gridlock::observe {

DeadlockMember memberOf(const RecordFile& file, const record::StuckThread& stuck);

// The deadlocks that the record of an ended process holds: killed by a test's time limit, it had no time to
// tell of them. What an event tells of already is left out. `now` is the moment of its end, 0 when that is
// not known.
std::vector<OutsideVerdict> verdictsOf(const RecordFile& file, std::uint64_t now);

}  // namespace gridlock::observe
