// Child processes for tests: every one has a deadline, its own process group, and ends with us.
//
// Guarantees: `runProcess` returns at the latest shortly after the deadline; then the whole group
// was killed, by its id. Output goes through unlinked files, so that a grandchild that keeps
// stdout open cannot block the test.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace gridlock::support {

struct ProcessOptions {
  std::filesystem::path directory = {};                 // working directory; empty: ours
  std::map<std::string, std::string> environment = {};  // added to ours; an empty value removes
  std::chrono::milliseconds deadline{20000};
  std::function<void(pid_t)> while_running = {};  // called once, after the start
  std::function<void()> in_child = {};            // before exec; async-signal-safe calls only
};

struct ProcessResult {
  int code = -1;           // exit code; -1 when it ended by a signal or could not start
  int signal = 0;          // the signal that ended it
  bool timed_out = false;  // we killed it at the deadline
  std::string out;
  std::string err;
  double seconds = 0;

  // "exit 2", "signal 9", "killed at the deadline": for failure messages.
  std::string ending() const;
};

ProcessResult runProcess(const std::vector<std::string>& command, const ProcessOptions& options = {});

// A shell script, through `sh -c`.
ProcessResult runShell(const std::string& script, const ProcessOptions& options = {});

}  // namespace gridlock::support
