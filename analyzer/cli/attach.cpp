// gridlock attach: the wait-for graph of running or stuck processes.
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/output.h"
#include "analyzer/observe/process.h"

namespace gridlock::cli {
namespace {

struct AttachOptions {
  CommonOptions common;
  std::vector<int> pids;
};

int attach(const AttachOptions& options) {
  if (options.pids.empty()) return fail({"which process? Usage: gridlock attach [OPTIONS] PID..."});
  return observeAndDeliver(options.common, [&]() -> Result<std::vector<model::Report>> {
    Result<model::Report> report = observe::attachTo(options.pids);
    if (!report) return report.error();
    return std::vector<model::Report>{std::move(*report)};
  });
}

}  // namespace

void addAttachCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "attach",
      "Show who waits for whom in running or stuck processes, which need no shim and go on unharmed");
  auto options = std::make_shared<AttachOptions>();
  addCommonOptions(*command, options->common);
  command->add_option("pids", options->pids, "Process ids")->type_name("PID...")->check(CLI::PositiveNumber);
  command->callback([&invocation, options] { invocation.action = [options] { return attach(*options); }; });
}

}  // namespace gridlock::cli
