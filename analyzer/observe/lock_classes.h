// Locks of records to lock classes with names that a person knows.
//
// A class is what the source calls one lock: `Account::mutex_` for the mutexes of all accounts, a
// global by its symbol, else the place where it was first taken. Names, best first: one that the
// program gave, the global variable at the lock's address, the expression at the acquisition as
// debug information resolves it ("q->mu" is `queue::mu`), the expression as it stands in the
// source, and the place. Never an address.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/stacks.h"

namespace gridlock::observe {

// Classes of the whole report, over all records.
class ClassTable {
 public:
  explicit ClassTable(model::Report& report) : report_(report) {}

  // The class with this key; made from `lock` (id and instances are filled in) if it is new.
  model::Id find(const std::string& key, const model::Lock& lock);
  model::Lock& at(model::Id id) { return report_.locks[id]; }

 private:
  model::Report& report_;
  std::map<std::string, model::Id> ids_;
};

// The classes of one record's locks.
class LockClasses {
 public:
  LockClasses(const RecordFile& file, StackReader& stacks, SiteTable& sites, ClassTable& classes);

  // The class of a kLocks row; none when there is no such row.
  std::optional<model::Id> of(record::Index lock);
  // "`Account::mutex_`", for messages.
  std::string quoted(record::Index lock);
  // The class of "the end of this thread", for joins.
  model::Id ofThread(const std::string& thread_name);
  // One class for all threads of one kind; each call counts an instance.
  model::Id ofThreadsCalled(const std::string& name);

  // "mutex", "read-write lock", … as messages say it.
  std::string kindWord(record::Index lock) const;

 private:
  struct Name {
    std::string text;
    std::string declared_file;
    int declared_line = 0;
  };
  struct Global {
    std::string key;
    std::string name;
    std::string file;
    int line = 0;
    bool single = true;
  };
  std::optional<Global> globalName(std::uint64_t address);
  // The name that the source gives the lock taken in this stack.
  const std::optional<Name>& expressionName(record::Index stack, bool condition);
  std::optional<Name> nameFrom(const std::vector<Place>& places, bool condition);
  const std::vector<record::Index>& otherStacks(record::Index lock);
  model::Id classify(record::Index index, const record::LockRow& row);

  const RecordFile& file_;
  StackReader& stacks_;
  SiteTable& sites_;
  ClassTable& classes_;
  std::unordered_map<record::Index, model::Id> ids_;
  std::map<std::pair<record::Index, bool>, std::optional<Name>> names_;
  bool others_collected_ = false;
  std::unordered_map<record::Index, std::vector<record::Index>> others_;
};

model::LockKind kindOf(record::LockKind kind);

}  // namespace gridlock::observe
