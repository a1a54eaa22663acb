// Who waits for whom in processes that carry no shim: alive, or in a core file.
//
// The waits of each thread are read from its system call and the memory of the lock (outside_waits.h), put
// into a record of their own (record_image.h), and solved and told as those of a run are. Processes that a
// wait leads to, as children, owners of shared locks and files, and ends of pipes, are looked at too.
//
// A living process moves: a deadlock counts when a second look, some time later, finds its threads in the
// same calls without having run in between.
#pragma once

#include <filesystem>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::observe {

// `only_certain`: without threads that wait for themselves while others run on, who might let them go.
Result<model::Report> attachTo(const std::vector<int>& pids, bool only_certain = false);

Result<model::Report> readCore(const std::filesystem::path& file);

}  // namespace gridlock::observe
