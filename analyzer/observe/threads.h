// The threads of one record: ids, names for people, what each holds and waits for.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/observe/deadlock_member.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/stacks.h"

namespace gridlock::observe {

// What the thread's row says that it holds, oldest first.
std::vector<Held> heldNow(const RecordFile& file, record::Index thread);

class Threads {
 public:
  // Adds all threads of the record to the report. `first_id` is the model id of row 0.
  Threads(const RecordFile& file, StackReader& stacks, model::Report& report, model::Id run);

  std::optional<model::Id> id(record::Index thread) const;
  // "the main thread", "thread 3 (worker)", "a thread" for what does not exist.
  std::string label(record::Index thread) const;
  // The name alone: "worker", "main", "thread 3".
  std::string name(record::Index thread) const;

  // Oldest first.
  std::vector<Held> heldBy(record::Index thread) const { return heldNow(file_, thread); }
  std::vector<Held> heldIn(record::Index chain) const;
  // Who holds a lock now, and how.
  struct Holder {
    record::Index thread = record::kNone;
    Held held;
  };
  const std::vector<Holder>& holders(record::Index lock) const;

 private:
  std::string rootOf(record::Index thread);

  const RecordFile& file_;
  StackReader& stacks_;
  std::unordered_map<record::Index, model::Id> ids_;
  std::unordered_map<record::Index, std::string> names_;
  std::unordered_map<record::Index, std::vector<record::Index>> seen_stacks_;  // some of each thread
  mutable bool holders_read_ = false;
  mutable std::unordered_map<record::Index, std::vector<Holder>> holders_;
};

model::Mode modeOf(std::uint8_t mode);
model::RequestKind requestOf(std::uint8_t request);

}  // namespace gridlock::observe
