// Runs a program, and every process it starts, under the shim.
//
// The records of a run lie in a session folder of their own; its path goes to the processes in the
// environment. Whatever happens to the program, its records stay until the session is removed. The
// launcher changes nothing else of the program's surroundings: same process group, same terminal,
// same signals.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"
#include "analyzer/observe/program_probe.h"
#include "analyzer/observe/record_reader.h"

namespace gridlock::observe {

enum class OnDeadlock { Report, Abort, Exit };

// A folder for the records of one run, removed with everything in it when this object goes.
class Session {
 public:
  static Result<Session> make();
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  const std::filesystem::path& folder() const { return folder_; }
  // Leaves the records where they are.
  std::filesystem::path keep();

 private:
  Session() = default;
  std::filesystem::path folder_;
};

struct LaunchOptions {
  std::vector<std::string> command;
  std::filesystem::path shim;
  std::optional<OnDeadlock> on_deadlock;  // none: what GRIDLOCK_OPTIONS says, else Exit
  std::optional<std::chrono::milliseconds> timeout;
};

enum class EndedBy { Itself, Deadlock, Timeout };

struct LaunchOutcome {
  int pid = 0;
  std::optional<int> exit_code;
  std::optional<int> signal;
  EndedBy ended_by = EndedBy::Itself;
  double seconds = 0;
  std::string started;  // RFC 3339
  std::vector<std::string> notes;
  std::vector<OutsideVerdict> verdicts;
  std::optional<model::Report> outside;  // what was seen in the processes themselves, without their records
};

// The session of an outer `gridlock run`, when this process was started under one.
std::optional<std::filesystem::path> outerSession();

// The shim that belongs to this command: beside it, or in ../lib. An Error names the places tried.
Result<std::filesystem::path> findShim(const std::string& program);

// Runs the program to its end and watches it. An Error only when it could not be started.
Result<LaunchOutcome> launch(const LaunchOptions& options, const ProgramProbe& probe, const Session& session);

// Replaces this process by the program, inside of the outer run. Returns only on an error.
Error joinOuterRun(const LaunchOptions& options, const ProgramProbe& probe);

// The report of a run that was launched: its records, and what the launcher knows beside them.
Result<model::Report> readSession(const Session& session, const LaunchOptions& options,
                                  const ProgramProbe& probe, const LaunchOutcome& outcome);

}  // namespace gridlock::observe
