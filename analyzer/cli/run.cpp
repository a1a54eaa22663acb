// gridlock run: runs a program under the shim and reports what was seen, however the program ends.
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/output.h"
#include "analyzer/observe/launcher.h"

namespace gridlock::cli {
namespace {

constexpr const char* kDefaultReport = "gridlock-report.json";

struct RunOptions {
  CommonOptions common;
  std::string on_deadlock;  // empty: not given
  double timeout = 0;
};

// The program's own code, as a shell tells it.
int ownCode(const observe::LaunchOutcome& outcome) {
  return outcome.signal ? 128 + *outcome.signal : outcome.exit_code.value_or(0);
}

// The shim ends a program itself when its threads wait for each other.
bool endedByShim(const model::Report& report, int pid) {
  for (const model::Run& run : report.runs) {
    if (run.pid == pid && run.exit && run.exit->hung) return true;
  }
  return false;
}

int exitCode(const observe::LaunchOutcome& outcome, bool ended_by_shim, bool counts) {
  if (outcome.ended_by == observe::EndedBy::Deadlock || ended_by_shim) return kRunFindings;
  if (outcome.ended_by == observe::EndedBy::Timeout) return counts ? kRunFindings : kRunTimeout;
  const int own = ownCode(outcome);
  if (own != 0) return own;
  return counts ? kRunFindings : kNothingFound;
}

int run(const Invocation& invocation, RunOptions& options) {
  if (invocation.dashed.empty()) {
    return fail({"which program? Usage: gridlock run [OPTIONS] -- PROGRAM [ARGS...]"});
  }
  observe::LaunchOptions launch;
  launch.command = invocation.dashed;
  if (options.on_deadlock == "report") launch.on_deadlock = observe::OnDeadlock::Report;
  if (options.on_deadlock == "abort") launch.on_deadlock = observe::OnDeadlock::Abort;
  if (options.on_deadlock == "exit") launch.on_deadlock = observe::OnDeadlock::Exit;
  if (options.timeout > 0) {
    launch.timeout = std::chrono::milliseconds(static_cast<long long>(options.timeout * 1000));
  }
  Result<observe::ProgramProbe> probe = observe::probeProgram(launch.command[0]);
  if (!probe) return fail(probe.error());
  Result<std::filesystem::path> shim = observe::findShim(invocation.program);
  if (!shim) return fail(shim.error());
  launch.shim = *shim;
  if (!probe->coverable && !options.common.quiet) {
    warn(probe->path.string() + " " + probe->why_not + "; nothing in it is watched");
  }
  if (observe::outerSession()) return fail(observe::joinOuterRun(launch, *probe));

  Result<model::Filters> filters = loadFilters(options.common);
  if (!filters) return fail(filters.error());
  Result<observe::Session> session = observe::Session::make();
  if (!session) return fail(session.error());
  Result<observe::LaunchOutcome> outcome = observe::launch(launch, *probe, *session);
  if (!outcome) return fail(outcome.error());

  if (outcome->ended_by == observe::EndedBy::Timeout && !options.common.quiet) {
    std::cerr << "gridlock: the program did not end within " << options.timeout << " s and was ended\n";
  }
  const auto keepRecords = [&](const Error& error) {
    fail(error);
    const std::string folder = session->keep().string();
    std::cerr << "gridlock: the records are in " << folder << "; `gridlock report " << folder
              << "` reads them\n";
    const int own = ownCode(*outcome);
    return own != 0 ? own : kCannot;
  };
  Result<model::Report> report = observe::readSession(*session, launch, *probe, *outcome);
  if (!report) return keepRecords(report.error());
  const bool ended_by_shim =
      outcome->ended_by == observe::EndedBy::Itself && endedByShim(*report, outcome->pid);
  std::vector<model::Report> parts;
  parts.push_back(std::move(*report));
  if (outcome->outside) {
    // It saw all waits there are, those that the records tell of among them.
    parts.front().wait_for.clear();
    parts.push_back(std::move(*outcome->outside));
  }
  DeliverOptions deliver_options;
  deliver_options.default_file = kDefaultReport;
  Result<Delivery> delivery = deliver(std::move(parts), options.common, *filters, deliver_options);
  if (!delivery) return keepRecords(delivery.error());
  return exitCode(*outcome, ended_by_shim, delivery->counts);
}

}  // namespace

void addRunCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("run",
                                         "Run a program, and every process it starts, under the shim: "
                                         "gridlock run [OPTIONS] -- PROGRAM [ARGS...]");
  auto options = std::make_shared<RunOptions>();
  addCommonOptions(*command, options->common);
  command
      ->add_option("--on-deadlock", options->on_deadlock,
                   "What follows a deadlock: report it and go on, abort, or exit with 66 (default)")
      ->type_name("report|abort|exit")
      ->check(CLI::IsMember({"report", "abort", "exit"}));
  command
      ->add_option("--timeout", options->timeout,
                   "End the program after this long and report who waits for whom")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber);
  command->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return run(invocation, *options); };
  });
}

}  // namespace gridlock::cli
