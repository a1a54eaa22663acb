// Flight records to a report: what the shim saw, in the words of the model.
//
// Records are untrusted: a file that is no record, of another version or cut off is an Error with
// its name and the offset; broken rows inside are skipped. Each record is one Run of kind runtime.
// Lock orders are derived from requests and the chains of locks held then; cycles are not searched
// here, `model::derive` does that over the union of all runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"
#include "analyzer/observe/deadlock_member.h"
#include "gridlock/record.h"

namespace gridlock::observe {

class RecordFile;

// A deadlock that a watcher saw from outside, by the record's file name.
struct OutsideVerdict {
  std::string file;
  std::vector<DeadlockMember> members;
  bool certain = true;  // else somebody ran on who could have released what a thread waits for in vain
};

// What the launcher knows of a process and its record does not.
struct KnownProcess {
  std::optional<int> exit_code;
  std::optional<int> signal;
  bool hung = false;     // Gridlock ended it
  bool running = false;  // it still runs
  std::optional<double> seconds;
  std::vector<std::string> notes;
};

struct ReadOptions {
  // File names are reported relative to this folder when they lie in it.
  std::filesystem::path base = std::filesystem::current_path();
  std::map<int, KnownProcess> processes;  // by pid
  std::vector<OutsideVerdict> verdicts;
  // Take records of running processes as they are, and list who waits for whom in them, too.
  bool wait_graph_of_running = true;
};

// All records among `files_or_folders`; of a folder those of its files that begin as a record does.
// An empty folder is no error: its report has no runs.
Result<model::Report> readRecords(const std::vector<std::filesystem::path>& files_or_folders,
                                  const ReadOptions& options = {});

// The same for records that are open already.
model::Report readRecords(const std::vector<const RecordFile*>& records, const ReadOptions& options = {});

// Whether the path is a record, or a folder that holds one.
bool holdsRecords(const std::filesystem::path& path);

}  // namespace gridlock::observe
