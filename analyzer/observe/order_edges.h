// Lock orders of one record: each lock that was held while another was asked for.
//
// The shim stores requests with the chain of locks held then; here each lock of the chain becomes
// the begin of an edge to the lock asked for, with the rest of the chain as its gates. Edges are
// joined by lock class and mode; their witnesses are kept apart as long as they differ.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "analyzer/model/report.h"
#include "analyzer/observe/lock_classes.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/stacks.h"
#include "analyzer/observe/threads.h"

namespace gridlock::observe {

// Edges of the whole report, over all records.
class EdgeTable {
 public:
  explicit EdgeTable(model::Report& report) : report_(report) {}

  model::OrderEdge& edge(model::Id from, model::Id to, model::Mode from_mode, model::Mode to_mode);

 private:
  model::Report& report_;
  std::map<std::tuple<model::Id, model::Id, model::Mode, model::Mode>, std::size_t> edges_;
};

struct EdgeSource {
  const RecordFile& file;
  StackReader& stacks;
  LockClasses& locks;
  Threads& threads;
  model::Id run;
  model::Id first_segment;  // model id of segment row 0
};

// Adds the edges of a record. Returns how many witnesses found no room.
std::uint64_t addOrderEdges(const EdgeSource& source, EdgeTable& edges);

}  // namespace gridlock::observe
